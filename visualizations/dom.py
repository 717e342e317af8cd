"""Dash's components, without their generated type hints.

The hints refuse `data-` and `aria-` attributes, which the app lives on; so components are plain `Any` here.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import dash
import dash_mantine_components

html: Any = dash.html
dcc: Any = dash.dcc
dmc: Any = dash_mantine_components
Component: TypeAlias = Any
"""A Dash component."""

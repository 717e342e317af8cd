"""What opens beside a drawing: drawers, dialogs, the palette, the search."""

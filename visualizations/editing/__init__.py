"""The document of a browser tab: what it is, how events change it, where it is kept."""

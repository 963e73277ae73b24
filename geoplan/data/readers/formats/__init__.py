"""What formats beside the common ones hold, looked at before they are opened: markup, parts beside, topologies."""

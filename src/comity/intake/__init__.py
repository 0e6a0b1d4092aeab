"""Sources to cases: the map of an organisation. Knows no pack: what is asked of the data is not its business."""

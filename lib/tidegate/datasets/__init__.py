"""Feature views, training datasets and their manifests."""

"""Files on HTTP servers, fetched into a local cache."""

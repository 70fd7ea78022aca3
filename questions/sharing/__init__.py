"""What other sites and programs read: feed, sitemaps, structured data, pictures and OpenSearch."""

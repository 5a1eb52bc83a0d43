"""The log of looks at people's data: taken down per request, sealed in blocks, searched, reviewed."""

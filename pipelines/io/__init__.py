"""Archives, file trees, decoding and the cache of decoded pixels."""

"""Sources of images: one module per data set or family of data sets.

A source module defines `open_split`, which returns a
`pipelines.io.encoded_split.EncodedSplit`. If its images are not encoded, it
defines `read_split` instead, which returns `pipelines.images.Images`.
"""

"""Sources of images: one module per data set or family of data sets.

A source module defines `open_split`, which returns an
`pipelines.io.encoded_split.EncodedSplit`, or, if its images are not encoded,
`read_split`, which returns `pipelines.images.Images`.
"""

"""SEAL in a script of one's own: python examples/seal_with_adam.py DATA

DATA is Tiny-ImageNet's official folder or zip; its first 20 classes are used.
"""

import sys

import keras

import pipelines
from seal_tf import SEALCallback, models

data = {"data_dir": sys.argv[1], "classes": 20}
train = pipelines.read("tiny_imagenet", "train", **data)
held_out = pipelines.read("tiny_imagenet", "validation", **data)
model = models.build("small", train.image_shape, 20)
loss = keras.losses.CategoricalCrossentropy(from_logits=True)
model.compile(keras.optimizers.Adam(0.003), loss, metrics=["accuracy"])
history = model.fit(
    pipelines.training_batches(train, 32, seed=0, epochs=12),
    epochs=12,
    steps_per_epoch=125,
    validation_data=pipelines.evaluation_batches(held_out, 100),
    callbacks=[SEALCallback(generations=3, split_at="conv4_block1")],
    shuffle=False,
    verbose=2,
)

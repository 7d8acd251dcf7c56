"""Every data set by name. Imports nothing heavy: `--help` is instant."""

from __future__ import annotations

import dataclasses


@dataclasses.dataclass(frozen=True)
class DataSet:
    """One data set.

    Args:
        name: What users call it.
        title: What it is, in a line.
        source: The module of `pipelines.sources` that reads it.
        licence: Under which it may be used, as its authors say.
        homepage: Where it comes from.
        tfds: Its name in TensorFlow Datasets, where that has it.
        builder: "module.Class" of our builder, where TFDS has none.
        archives: Files that it is made from, by the names that they have
            where they come from.
        train: Split that is trained on, in TFDS' words.
        validation: Split that is evaluated on.
        held_out: Share that is held out where no split is official.
    """

    name: str
    title: str
    source: str = "prepared"
    licence: str = ""
    homepage: str = ""
    tfds: str | None = None
    builder: str | None = None
    archives: tuple[str, ...] = ()
    train: str = "train"
    validation: str = "test"
    held_out: float | None = None

    @property
    def prepared_as(self) -> str:
        """The folder that TFDS makes for it."""
        return self.tfds or self.name

    @property
    def can_be_prepared(self) -> bool:
        return bool(self.tfds or self.builder)


_ALL = (
    DataSet(
        "tiny_imagenet",
        "Tiny-ImageNet: 200 classes, 100,000 + 10,000 images of 64x64",
        source="tiny_imagenet",
        licence="ImageNet's: research and education, not commercial",
        homepage="http://cs231n.stanford.edu/tiny-imagenet-200.zip",
        builder="pipelines.builders.tiny_imagenet.TinyImagenet",
        archives=("tiny-imagenet-200.zip",),
        validation="validation",
    ),
    DataSet(
        "cifar10",
        "CIFAR-10: 10 classes, 50,000 + 10,000 images of 32x32",
        licence="none stated; the authors ask to be cited",
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
        tfds="cifar10",
        archives=("cifar-10-binary.tar.gz",),
    ),
    DataSet(
        "cifar100",
        "CIFAR-100: 100 classes, 50,000 + 10,000 images of 32x32",
        licence="none stated; the authors ask to be cited",
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
        tfds="cifar100",
        archives=("cifar-100-binary.tar.gz",),
    ),
    DataSet(
        "flowers102",
        "Oxford Flowers-102: 102 classes, 2,040 + 6,149 images (training and "
        "validation part together, as in the paper's transfer)",
        licence="none stated; the authors ask to be cited",
        homepage="https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
        tfds="oxford_flowers102",
        archives=("102flowers.tgz", "imagelabels.mat", "setid.mat"),
        train="train+validation",
    ),
    DataSet(
        "cub200",
        "CUB-200-2011: 200 birds, 5,994 + 5,794 images",
        licence="non-commercial research and education",
        homepage="https://www.vision.caltech.edu/datasets/cub_200_2011/",
        tfds="caltech_birds2011",
        archives=("CUB_200_2011.tgz", "segmentations.tgz"),
    ),
    DataSet(
        "fgvc_aircraft",
        "FGVC-Aircraft: 100 variants, 6,667 + 3,333 images",
        licence="non-commercial research",
        homepage="https://www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft/",
        builder="pipelines.builders.fgvc_aircraft.FgvcAircraft",
        archives=("fgvc-aircraft-2013b.tar.gz",),
        train="train+validation",
    ),
    DataSet(
        "mit_indoor67",
        "MIT Indoor 67: 67 rooms, 5,360 + 1,340 images",
        licence="research; the authors ask to be cited",
        homepage="https://web.mit.edu/torralba/www/indoor.html",
        builder="pipelines.builders.mit_indoor67.MitIndoor67",
        archives=("indoorCVPR_09.tar", "TrainImages.txt", "TestImages.txt"),
    ),
    DataSet(
        "stanford_dogs",
        "Stanford Dogs: 120 breeds, 12,000 + 8,580 images",
        licence="ImageNet's: research and education, not commercial",
        homepage="http://vision.stanford.edu/aditya86/ImageNetDogs/",
        tfds="stanford_dogs",
        archives=("images.tar", "annotation.tar", "lists.tar"),
    ),
    DataSet(
        "eurosat",
        "EuroSAT RGB: 10 land uses, 27,000 images of 64x64, no official split",
        licence="MIT; Sentinel data free and open",
        homepage="https://github.com/phelber/eurosat",
        tfds="eurosat",
        archives=("EuroSAT.zip",),
        validation="train",
        held_out=0.2,
    ),
    DataSet(
        "plant_village",
        "PlantVillage (CropDisease): 38 classes, 54,303 images, no official "
        "split",
        licence="CC0",
        homepage="https://data.mendeley.com/datasets/tywbtsjrjv/1",
        tfds="plant_village",
        archives=("Plant_leaf_diseases_dataset_without_augmentation.zip",),
        validation="train",
        held_out=0.2,
    ),
    DataSet(
        "svhn",
        "SVHN, cropped: 10 digits, 73,257 + 26,032 images of 32x32",
        licence="non-commercial use",
        homepage="http://ufldl.stanford.edu/housenumbers/",
        tfds="svhn_cropped",
        archives=("train_32x32.mat", "test_32x32.mat", "extra_32x32.mat"),
    ),
    DataSet(
        "digits",
        "scikit-learn's 1,797 handwritten digits, 8x8",
        source="digits",
    ),
    DataSet(
        "image_folder",
        "anybody's: a folder or zip of train/<class>/* and val/<class>/*",
        source="image_folder",
    ),
)

DATA_SETS = {data_set.name: data_set for data_set in _ALL}
NAMES = tuple(DATA_SETS)

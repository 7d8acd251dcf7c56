"""Registry of the data sets, by name. It imports nothing heavy."""

from __future__ import annotations

import dataclasses
import difflib

from pipelines.errors import DataError


@dataclasses.dataclass(frozen=True)
class DataSet:
    """Description of a data set: its source, splits, license and archives.

    Args:
        name: Name by which `pipelines.read` finds the data set.
        title: Description in one line.
        source: Module of `pipelines.sources` that reads the data set.
            Defaults to "prepared".
        license: License that the authors state. Defaults to "".
        homepage: Address of the data set's page. Defaults to "".
        tfds_name: Name in TensorFlow Datasets, or None if TFDS does not have
            the data set. Defaults to None.
        builder: Path "module.Class" of the builder in `pipelines.builders`,
            or None if TFDS has one. Defaults to None.
        archives: Names of the archive files, as their authors publish them.
            Defaults to no archives.
        train_split: TFDS split of the training images. Defaults to "train".
        validation_split: TFDS split of the validation images. Defaults to
            "test".
        validation_fraction: Fraction of each class, in (0, 1), that is held
            out for validation if the data set has no official split.
            Defaults to None.
    """

    name: str
    title: str
    source: str = "prepared"
    license: str = ""
    homepage: str = ""
    tfds_name: str | None = None
    builder: str | None = None
    archives: tuple[str, ...] = ()
    train_split: str = "train"
    validation_split: str = "test"
    validation_fraction: float | None = None
    image_size: int | None = None
    flip: bool = True
    published_recipe: bool = False

    @property
    def prepared_folder(self) -> str:
        """Name of the folder that TFDS creates in the data folder."""
        return self.tfds_name or self.name

    @property
    def can_be_prepared(self) -> bool:
        """Whether TFDS can download and prepare the data set."""
        return bool(self.tfds_name or self.builder)


_ALL = (
    DataSet(
        "tiny_imagenet",
        "Tiny-ImageNet: 200 classes, 100,000 + 10,000 images of 64x64",
        source="tiny_imagenet",
        license="ImageNet's: research and education, not commercial",
        homepage="http://cs231n.stanford.edu/tiny-imagenet-200.zip",
        builder="pipelines.builders.tiny_imagenet.TinyImagenet",
        archives=("tiny-imagenet-200.zip",),
        validation_split="validation",
        image_size=64,
        published_recipe=True,
    ),
    DataSet(
        "cifar10",
        "CIFAR-10: 10 classes, 50,000 + 10,000 images of 32x32",
        license="none stated; the authors ask to be cited",
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
        tfds_name="cifar10",
        archives=("cifar-10-binary.tar.gz",),
        image_size=32,
        published_recipe=True,
    ),
    DataSet(
        "cifar100",
        "CIFAR-100: 100 classes, 50,000 + 10,000 images of 32x32",
        license="none stated; the authors ask to be cited",
        homepage="https://www.cs.toronto.edu/~kriz/cifar.html",
        tfds_name="cifar100",
        archives=("cifar-100-binary.tar.gz",),
        image_size=32,
        published_recipe=True,
    ),
    DataSet(
        "flowers102",
        "Oxford Flowers-102: 102 classes, 2,040 + 6,149 images (official "
        "training and validation images together, as in the paper's transfer)",
        license="none stated; the authors ask to be cited",
        homepage="https://www.robots.ox.ac.uk/~vgg/data/flowers/102/",
        tfds_name="oxford_flowers102",
        archives=("102flowers.tgz", "imagelabels.mat", "setid.mat"),
        train_split="train+validation",
    ),
    DataSet(
        "cub200",
        "CUB-200-2011: 200 birds, 5,994 + 5,794 images",
        license="non-commercial research and education",
        homepage="https://www.vision.caltech.edu/datasets/cub_200_2011/",
        tfds_name="caltech_birds2011",
        archives=("CUB_200_2011.tgz", "segmentations.tgz"),
    ),
    DataSet(
        "fgvc_aircraft",
        "FGVC-Aircraft: 100 variants, 6,667 + 3,333 images",
        license="non-commercial research",
        homepage="https://www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft/",
        builder="pipelines.builders.fgvc_aircraft.FgvcAircraft",
        archives=("fgvc-aircraft-2013b.tar.gz",),
        train_split="train+validation",
    ),
    DataSet(
        "mit_indoor67",
        "MIT Indoor 67: 67 rooms, 5,360 + 1,340 images",
        license="research; the authors ask to be cited",
        homepage="https://web.mit.edu/torralba/www/indoor.html",
        builder="pipelines.builders.mit_indoor67.MitIndoor67",
        archives=("indoorCVPR_09.tar", "TrainImages.txt", "TestImages.txt"),
    ),
    DataSet(
        "stanford_dogs",
        "Stanford Dogs: 120 breeds, 12,000 + 8,580 images",
        license="ImageNet's: research and education, not commercial",
        homepage="http://vision.stanford.edu/aditya86/ImageNetDogs/",
        tfds_name="stanford_dogs",
        archives=("images.tar", "annotation.tar", "lists.tar"),
    ),
    DataSet(
        "eurosat",
        "EuroSAT RGB: 10 land uses, 27,000 images of 64x64, no official split",
        license="MIT; Sentinel data free and open",
        homepage="https://github.com/phelber/eurosat",
        tfds_name="eurosat",
        archives=("EuroSAT.zip",),
        validation_split="train",
        validation_fraction=0.2,
        image_size=64,
    ),
    DataSet(
        "plant_village",
        "PlantVillage (CropDisease): 38 classes, 54,303 images, no official "
        "split",
        license="CC0",
        homepage="https://data.mendeley.com/datasets/tywbtsjrjv/1",
        tfds_name="plant_village",
        archives=("Plant_leaf_diseases_dataset_without_augmentation.zip",),
        validation_split="train",
        validation_fraction=0.2,
    ),
    DataSet(
        "svhn",
        "SVHN, cropped: 10 digits, 73,257 + 26,032 images of 32x32",
        license="non-commercial use",
        homepage="http://ufldl.stanford.edu/housenumbers/",
        tfds_name="svhn_cropped",
        archives=("train_32x32.mat", "test_32x32.mat", "extra_32x32.mat"),
        image_size=32,
        flip=False,
    ),
    DataSet(
        "digits",
        "scikit-learn's 1,797 handwritten digits, 8x8",
        source="digits",
        image_size=8,
        flip=False,
    ),
    DataSet(
        "image_folder",
        "your images: a folder or zip of train/<class>/* and val/<class>/*",
        source="image_folder",
    ),
)

#: All data sets, by name.
DATA_SETS = {data_set.name: data_set for data_set in _ALL}
#: Names of all data sets.
DATA_SET_NAMES = tuple(DATA_SETS)


def get_data_set(name: str) -> DataSet:
    """Return the entry of a data set.

    Args:
        name: One of `DATA_SET_NAMES`.

    Returns:
        The entry.

    Raises:
        DataError: There is no such data set. The message suggests the name
            that is most similar.

    Example:
        >>> from pipelines.registry import get_data_set
        >>> get_data_set("digits").source
        'digits'
    """
    if name in DATA_SETS:
        return DATA_SETS[name]
    similar = difflib.get_close_matches(
        str(name).lower().replace("-", "_"), DATA_SET_NAMES, 1
    )
    suggestion = f" Did you mean {similar[0]!r}?" if similar else ""
    raise DataError(
        f"Argument `name` must be one of {', '.join(DATA_SET_NAMES)}. "
        f"Received: name={name!r}.{suggestion}"
    )

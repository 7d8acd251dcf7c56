"""Published figures, to stand beside ours (SEAL, CVPR 2023, and its talk).

ResNet-50 trained on all of Tiny-ImageNet, 160 epochs a generation; top-1 in
percent. How its probes were trained is not published.
"""

from __future__ import annotations

SETTING = "published: ResNet-50, all of Tiny-ImageNet, 160 epochs a generation"

#: Tiny-ImageNet's validation accuracy by (method, generations).
ACCURACY = {
    ("normal", 1): 54.37,
    ("normal", 3): 51.16,
    ("normal", 10): 49.27,
    ("llf", 3): 56.12,
    ("llf", 10): 56.92,
    ("seal", 3): 58.25,
    ("seal", 10): 59.22,
}

#: Linear probe, by data set, of the networks of ten generations.
LINEAR = {
    "tiny_imagenet": {"normal": 49.27, "llf": 56.92, "seal": 59.22},
    "flowers102": {"normal": 26.96, "llf": 22.84, "seal": 45.68},
    "cub200": {"normal": 8.07, "llf": 5.33, "seal": 8.49},
    "fgvc_aircraft": {"normal": 6.30, "llf": 4.65, "seal": 9.81},
    "mit_indoor67": {"normal": 24.85, "llf": 23.80, "seal": 35.37},
    "stanford_dogs": {"normal": 11.53, "llf": 8.69, "seal": 12.61},
}

#: 20-shot accuracy (mean, ±), by data set, of the same networks.
TWENTY_SHOT = {
    "eurosat": {
        "normal": (80.03, 1.53),
        "llf": (46.55, 2.42),
        "seal": (87.70, 0.52),
    },
    "plant_village": {
        "normal": (89.63, 1.53),
        "llf": (39.80, 2.30),
        "seal": (95.67, 0.28),
    },
}

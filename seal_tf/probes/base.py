"""The interface of a probe."""

from __future__ import annotations

import abc
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar, Self

from absl import flags

from seal_tf.probes.report_parts import GroupedResult, ReportPart
from seal_tf.probes.session import Session


class Probe(abc.ABC):
    """A measurement of what networks have learned.

    A probe is a package of `seal_tf.probes` with one subclass, which
    `seal_tf.probes.registry` lists. The module of the subclass must import
    neither TensorFlow nor Keras at its top, so that command-line help is
    fast.

    Example:
        >>> from seal_tf.probes.base import Probe
        >>> class ParameterCount(Probe):
        ...     name = "parameter_count"
        ...     title = "Number of parameters"
        ...     def run(self, session):
        ...         networks = [
        ...             {**session.describe(n), "results": {}}
        ...             for n in session.networks]
        ...         return {"protocol": "none", "networks": networks}
        ...     @classmethod
        ...     def report(cls, results):
        ...         return []
    """

    #: Name of the probe, and of the files of its result.
    name: ClassVar[str]
    #: Heading in reports.
    title: ClassVar[str]

    @classmethod
    def define_flags(cls, flag_values: flags.FlagValues) -> None:
        """Define the probe's own flags.

        A probe without flags inherits this method.

        Args:
            flag_values: Where to define the flags.
        """
        return

    @classmethod
    def from_flags(cls, flag_values: flags.FlagValues) -> Self:
        """Create the probe from parsed flags.

        A probe without settings inherits this method.

        Args:
            flag_values: The parsed flags.

        Raises:
            ValueError: A flag has a value that is not accepted.
        """
        return cls()

    @abc.abstractmethod
    def run(self, session: Session) -> dict[str, Any]:
        """Probe all networks of a session.

        Args:
            session: Networks, images and features.

        Returns:
            "protocol": the protocol as text; "networks": for each network
            `session.describe` and its "results"; optionally "skipped": what
            the probe could not compute, one line each.
        """

    @classmethod
    @abc.abstractmethod
    def report(cls, results: Sequence[GroupedResult]) -> Iterable[ReportPart]:
        """Create the tables and figures of results.

        Args:
            results: Results of this probe, one for each data set.

        Returns:
            The parts of the probe's section, in order.
        """

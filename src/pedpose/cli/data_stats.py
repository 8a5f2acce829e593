"""``pedpose data stats``."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from pedpose.cli.exit_codes import errors_to_exit_codes
from pedpose.errors import ConfigError
from pedpose.files import to_json

if TYPE_CHECKING:
    from pedpose.data.coco import CocoData


def data_stats(
    data: Annotated[
        list[Path],
        typer.Argument(help="COCO keypoint file; with --annotators two or more of them."),
    ],
    out: Annotated[Path | None, typer.Option(help="Folder for stats.json and stats.html.")] = None,
    annotators: Annotated[
        bool,
        typer.Option(
            "--annotators",
            help="The files are labels of the same pictures: estimate OKS sigmas from them.",
        ),
    ] = False,
    write: Annotated[
        Path | None,
        typer.Option(help="With --annotators: new copy of the first file with the sigmas."),
    ] = None,
    resamples: Annotated[
        int, typer.Option(help="With --annotators: draws for 95 % intervals.")
    ] = 1000,
    seed: Annotated[int, typer.Option(help="With --annotators: of these draws.")] = 0,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print one JSON object, for machines.")
    ] = False,
) -> None:
    """Count and measure annotations, or estimate OKS sigmas from repeated ones."""
    with errors_to_exit_codes():
        # Imported here: OpenCV and charts take a while, and --help must not wait for them.
        from pedpose.data.coco import read_coco
        from pedpose.data.subset import refuse_existing

        if annotators and out is not None:
            raise ConfigError("--out is for the statistics of one file, not for --annotators")
        if write is not None and not annotators:
            raise ConfigError("--write is for sigmas, which need --annotators")
        if annotators and len(data) < 2:
            raise ConfigError("--annotators: expected the files of two or more, found one")
        if not annotators and len(data) > 1:
            raise ConfigError(
                f"expected one file, found {len(data)}; give --annotators where they are labels "
                "of the same pictures"
            )
        if write is not None:
            refuse_existing(write)
        if annotators:
            _compare(
                [read_coco(path, need_pictures=False) for path in data],
                write,
                resamples,
                seed,
                as_json,
            )
        else:
            _survey(data[0], out, as_json)


def _survey(path: Path, out: Path | None, as_json: bool) -> None:
    from pedpose.cli.data_stats_tables import show_survey
    from pedpose.data.coco import read_coco
    from pedpose.data.subset import refuse_existing
    from pedpose.surveying.statistics import survey
    from pedpose.surveying.write import survey_files, write_survey

    files = () if out is None else survey_files(out)
    refuse_existing(*files)
    found = survey(read_coco(path, need_pictures=False))
    if out is not None:
        write_survey(out, found)
    if as_json:
        typer.echo(to_json(found.to_dict()))
        return
    show_survey(Console(), found)
    for file in files:
        typer.echo(f"written: {file}")


def _compare(
    files: list[CocoData], write: Path | None, resamples: int, seed: int, as_json: bool
) -> None:
    from pedpose.cli.data_stats_tables import show_agreement
    from pedpose.evaluation.bootstrap import Resampling
    from pedpose.surveying.annotators import estimate
    from pedpose.surveying.same_people import same_people
    from pedpose.surveying.write import write_with_sigmas

    resampling = Resampling(resamples, seed)
    agreement = estimate(files[0].skeleton.names, same_people(files), resampling)
    if as_json:
        typer.echo(to_json(agreement.to_dict()))
    else:
        show_agreement(Console(), agreement)
    if write is None:
        return
    write_with_sigmas(files[0], agreement.sigmas, write)
    if not as_json:
        typer.echo(f"written: {write}")

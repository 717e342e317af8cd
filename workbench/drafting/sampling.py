"""Samples of files: the beginning and pieces from within, never a whole scan of a big file."""

from __future__ import annotations

import os
import zipfile
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import pyarrow as pa
import pyarrow.parquet as pq

from workbench.errors import SourceError
from workbench.sources.manifest import ENDINGS, Format

WHOLE = 6 << 20
"""Text files up to this many bytes are read whole."""
HEAD = 2 << 20
"""Bytes read from the beginning of a larger file, or of what a packed one unpacks to."""
PIECE, PIECES = 256 << 10, 6
"""Bytes and number of the pieces read from within a larger file."""
ROWS = 60_000
CELLS = 3_000_000
"""Rows and cells of one file that are looked at."""
BATCH = 5_000
"""Rows read from the first and the last row group of a Parquet file, and from a sheet of a large workbook."""
MOST_PACKED = 300
"""A packed file that unpacks to more than this many times its size is refused, as is a workbook that
unpacks to more than `MOST_UNPACKED` bytes."""
MOST_UNPACKED = 2_000_000_000
PACKED = 4096
"""Bytes of a packed file that are read at a time."""
MOST_SHEETS = 10
SCRIPTS = (".sql",)
"""Files with CREATE TABLE statements, which name the columns of files without a header."""


@dataclass(frozen=True)
class Sample:
    """What was read of one file, or of one sheet of a workbook."""

    name: str
    """Path below the data folder, with forward slashes."""
    path: Path
    size: int
    format: Format
    whole: bool
    """Whether nothing was left unread."""
    head: bytes = b""
    """Beginning of a text file, unpacked; it ends with a line unless the file has none."""
    pieces: tuple[bytes, ...] = ()
    """Whole lines from within the file."""
    grid: tuple[tuple[str | None, ...], ...] = ()
    """Rows of a sheet or a Parquet file, as text."""
    columns: tuple[str, ...] = ()
    """Names of the columns of a Parquet file."""
    sheet: str | None = None
    rows: int | None = None
    """Rows of the file, where it says so itself."""

    @property
    def text(self) -> bool:
        """Whether the file is text."""
        return self.format in ("csv", "tsv", "jsonl")


def find(paths: Iterable[str | os.PathLike[str]]) -> tuple[Path, list[Path]]:
    """The folder below which all files lie, and the files; SourceError names what is not there."""
    given = [Path(path) for path in paths]
    for path in given:
        if not path.exists():
            raise SourceError(f"{path}: there is no such file or folder")
    files: list[Path] = []
    for path in given:
        files += [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file())
    files = [path for path in files if not any(part.startswith(".") for part in path.parts[-2:])]
    if not files:
        raise SourceError(f"{' '.join(map(str, given)) or 'draft'}: no file is there; name files or a folder")
    if len(given) == 1 and given[0].is_dir():
        return given[0].resolve(), [path.absolute() for path in files]
    root = Path(os.path.commonpath([str(path.absolute().parent) for path in files]))
    return root.resolve(), [path.absolute() for path in files]


def format_of(path: Path) -> Format | None:
    """Format by the ending of the name, as loading knows it; None for an ending it does not know."""
    plain = path.name.lower().removesuffix(".gz")
    found = ENDINGS.get(os.path.splitext(plain)[1])
    return None if found in ("parquet", "xlsx") and path.name.lower().endswith(".gz") else found


def read_samples(path: Path, root: Path) -> list[Sample]:
    """Samples of a file: one, or one for each sheet; SourceError where it cannot be read or is refused."""
    resolved = path.resolve()
    if not resolved.is_relative_to(root):
        raise SourceError("is a link that leads out of the data folder")
    name, kind = path.absolute().relative_to(_absolute(path, root)).as_posix(), format_of(path)
    if kind is None:
        raise SourceError("has an ending that is not known; rename it to .csv, .jsonl, .parquet or .xlsx")
    if ":" in name or name.startswith("/"):
        raise SourceError("has a colon in its name; rename it")
    size = resolved.stat().st_size
    if size == 0:
        raise SourceError("is empty")
    try:
        if kind == "parquet":
            return [_parquet(name, resolved, size)]
        return _workbook(name, resolved, size) if kind == "xlsx" else [_text(name, resolved, size, kind)]
    except (OSError, EOFError, zlib.error, pa.ArrowException, zipfile.BadZipFile) as problem:
        raise SourceError(
            f"cannot be read: {str(problem).splitlines()[0] or type(problem).__name__}"
        ) from None


def _absolute(path: Path, root: Path) -> Path:
    """The data folder as the path of the file writes it."""
    for parent in path.absolute().parents:
        if parent.resolve() == root:
            return parent
    raise SourceError("lies outside the data folder")


def _text(name: str, path: Path, size: int, kind: Format) -> Sample:
    if name.lower().endswith(".gz"):
        head, whole = _unpacked(path)
        return Sample(name, path, size, kind, whole, _lines(head, whole))
    with path.open("rb") as file:
        head = file.read(WHOLE if size <= WHOLE else HEAD)
        whole = len(head) == size
        pieces = () if whole or head[:2] in (b"\xff\xfe", b"\xfe\xff") else tuple(_pieces(file, size))
    return Sample(name, path, size, kind, whole, _lines(head, whole), pieces)


def _unpacked(path: Path) -> tuple[bytes, bool]:
    """The beginning of a packed file, and whether that is all; SourceError for one that unpacks too far."""
    head, used, unpacker, ended = bytearray(), 0, zlib.decompressobj(31), True
    with path.open("rb") as file:
        while len(head) < HEAD and (packed := file.read(PACKED)):
            used += len(packed)
            while packed and len(head) < HEAD:
                head += unpacker.decompress(packed, HEAD - len(head))
                packed, ended = unpacker.unconsumed_tail or unpacker.unused_data, unpacker.eof
                if ended:
                    unpacker = zlib.decompressobj(31)
    whole = len(head) < HEAD
    if len(head) > MOST_PACKED * used:
        raise SourceError(f"unpacks to more than {MOST_PACKED} times its size and is refused")
    if whole and not ended:
        raise EOFError("it ends in the middle")
    return bytes(head), whole


def _pieces(file: IO[bytes], size: int) -> Iterable[bytes]:
    """Lines from places spread evenly over the file, the last ones among them."""
    for number in range(1, PIECES + 1):
        place = HEAD + (size - HEAD - PIECE) * number // PIECES
        if place < HEAD:
            continue
        file.seek(place)
        piece = file.read(PIECE)
        begin = piece.find(b"\n") + 1
        end = len(piece) if place + PIECE >= size else piece.rfind(b"\n") + 1
        if 0 < begin < end:
            yield piece[begin:end]


def _lines(head: bytes, whole: bool) -> bytes:
    if whole:
        return head
    end = head.rfind(b"\n") + 1
    if end == 0:
        raise SourceError(f"has a first line of more than {len(head) >> 20} MB, which is no row")
    if head[:2] == b"\xff\xfe" and end % 2:
        end += 1
    return head[:end]


def _parquet(name: str, path: Path, size: int) -> Sample:
    file = pq.ParquetFile(path)
    groups = sorted({0, file.num_row_groups - 1}) if file.num_row_groups else []
    rows: list[tuple[str | None, ...]] = []
    for group in groups:
        for batch in file.iter_batches(batch_size=BATCH, row_groups=[group]):
            values = [[_as_text(value) for value in column.to_pylist()] for column in batch.columns]
            rows += list(zip(*values, strict=True))
            break
    total = int(file.metadata.num_rows)
    columns = tuple(str(column) for column in file.schema_arrow.names)
    return Sample(
        name, path, size, "parquet", len(rows) >= total, grid=tuple(rows), columns=columns, rows=total
    )


def _as_text(value: Any) -> str | None:
    if value is None:
        return None
    return value.isoformat(sep=" ") if hasattr(value, "hour") and hasattr(value, "year") else str(value)


def _workbook(name: str, path: Path, size: int) -> list[Sample]:
    import fastexcel  # type: ignore[import-untyped, unused-ignore]  # heavy, and few need it

    with zipfile.ZipFile(path) as packed:
        unpacked = sum(item.file_size for item in packed.infolist())
    if unpacked > MOST_UNPACKED or (unpacked > MOST_PACKED * size and unpacked > WHOLE):
        raise SourceError(f"unpacks to {unpacked:,} bytes and is refused")
    most = None if unpacked < 10 * WHOLE else BATCH
    try:
        book = fastexcel.read_excel(path)
        found = []
        for sheet in book.sheet_names[:MOST_SHEETS]:
            read = book.load_sheet(sheet, header_row=None, n_rows=most, dtypes="string")
            rows = tuple(read.to_polars().rows())
            if any(cell for row in rows[:100] for cell in row):
                whole = most is None or len(rows) < most
                found.append(Sample(name, path, size, "xlsx", whole, grid=rows, sheet=sheet))
    except fastexcel.FastExcelError as problem:
        raise SourceError(f"cannot be read: {str(problem).splitlines()[0]}") from None
    if not found:
        raise SourceError("is empty")
    return found

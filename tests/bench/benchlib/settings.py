"""Where things are, and what the environment asks for: see scripts/bench."""
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
HERE = ROOT / "tests/bench"
BENCH = ROOT / "bench"
BUILD = Path(os.environ.get("BENCH_BUILD", ROOT / "build")).resolve()
PROGRAM = Path(os.environ.get("BATCHRESIZE", BUILD / "batchresize")).resolve()
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
ONLY = set(filter(None, os.environ.get("BENCH_ONLY", "").split(",")))
PUBLISH = bool(os.environ.get("BENCH_PUBLISH"))
PRODUCTS = int(os.environ.get("BENCH_PRODUCTS", "5000"))
WORKERS = int(os.environ.get("BENCH_WORKERS", "2"))
QUALITY = 80
MODES = ["thread", "process", "hybrid"]

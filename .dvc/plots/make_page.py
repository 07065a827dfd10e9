"""Write the page that `dvc plots` fills, with the drawing library inside: DVC's own fetches it from the net at each look.

Usage: python .dvc/plots/make_page.py FILE
"""

import os
import sys
from pathlib import Path

import vl_convert

# The braces are DVC's.
PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
{refresh_tag}
<title>Trailing Nines: plots</title>
<style>
body { font: 15px/1.4 system-ui, sans-serif; margin: 1.5rem; color: #222; background: #fff; }
.vega-embed .chart-wrapper { display: flex; flex-direction: column; }
.vega-bindings { order: -1; margin: 0 0 1rem; }
table { border-spacing: 15px; }
</style>
<script>(() => {
BUNDLE
})();</script>
</head>
<body>
{plot_divs}
</body>
</html>
"""
VEGA_LITE = "6.4"


def page() -> str:
    bundle = vl_convert.javascript_bundle(vl_version=VEGA_LITE)
    return PAGE.replace("BUNDLE", bundle.replace("</script", "<\\/script"))


def main(path: Path) -> None:
    beside = path.with_name(f"{path.name}.part")
    beside.write_text(page(), encoding="utf-8")
    os.replace(beside, path)


if __name__ == "__main__":
    main(Path(sys.argv[1]))

#!/usr/bin/env python3
"""Makes NotoSansSC-Regular.otf and NotoSansSC-Bold.otf beside it: `cjk.py NotoSansCJK-Regular.ttc NotoSansCJK-Bold.ttc`
(Debian: fonts-noto-cjk).

Both keep Chinese punctuation and every character beyond Inter's that the locale files, the lessons and formulas use,
the regular face also the 3,755 characters of GB 2312's first level. Needs fonttools."""
import sys
from pathlib import Path
from fontTools import subset
from fontTools.ttLib import TTCollection

here = Path(__file__).parent
texts = [*here.parent.glob("locales/*.yml"), *here.parent.glob("lessons/**/*.md"),
         here.parent.parent / "src/lesson/formula.rs"]
used = {character for text in texts for character in text.read_text(encoding="utf-8") if ord(character) > 0x2000}
first_level = {bytes([row, cell]).decode("gb2312") for row in range(0xB0, 0xD8) for cell in range(0xA1, 0xFF)
               if (row, cell) < (0xD7, 0xFA)}
punctuation = {chr(code) for code in [*range(0x3001, 0x3012), *range(0xFF01, 0xFF5F)]}
for source, name, more in [(sys.argv[1], "Regular", first_level), (sys.argv[2], "Bold", set())]:
    font = next(font for font in TTCollection(source).fonts if "CJK SC" in font["name"].getDebugName(1))
    options = subset.Options(layout_features=[], hinting=False, name_IDs=["*"], notdef_outline=True,
                             desubroutinize=False)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[ord(character) for character in used | punctuation | more])
    cutter.subset(font)
    font.save(here / f"NotoSansSC-{name}.otf")

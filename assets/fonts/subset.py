#!/usr/bin/env python3
"""Makes the two fonts beside it from Inter's own files: `subset.py Inter-Regular.ttf Inter-SemiBold.ttf`.

Keeps Latin, Greek, arrows, mathematical signs and sub- and superscripts, and gives the digits one width
(Inter's `tnum` feature, fixed in the character map), so that running counters do not jitter.
Needs fonttools."""
import sys
from fontTools import subset
from fontTools.ttLib import TTFont

KEEP = [
    (0x20, 0x7E), (0xA0, 0x17F), (0x2C6, 0x2DD), (0x370, 0x3FF), (0x2010, 0x2027), (0x2030, 0x203A), (0x2070, 0x209C),
    (0x20AC, 0x20AC), (0x2190, 0x2199), (0x2200, 0x22FF), (0x2318, 0x2318), (0x21E7, 0x21E7), (0x23CE, 0x23CE), (0x25A0, 0x25FF),
    (0x2713, 0x2717),
]
for source, target in zip(sys.argv[1:], ["Inter-Regular.ttf", "Inter-SemiBold.ttf"]):
    font = TTFont(source)
    gsub = font["GSUB"].table
    tabular = {}
    for record in gsub.FeatureList.FeatureRecord:
        if record.FeatureTag == "tnum":
            for index in record.Feature.LookupListIndex:
                for table in gsub.LookupList.Lookup[index].SubTable:
                    tabular.update(getattr(getattr(table, "ExtSubTable", table), "mapping", {}))
    for table in font["cmap"].tables:
        for code in range(ord("0"), ord("9") + 1):
            if code in table.cmap:
                table.cmap[code] = tabular.get(table.cmap[code], table.cmap[code])
    options = subset.Options(layout_features=["kern"], hinting=False, name_IDs=["*"], notdef_outline=True)
    cutter = subset.Subsetter(options)
    cutter.populate(unicodes=[code for first, last in KEEP for code in range(first, last + 1)])
    cutter.subset(font)
    font.save(target)

-- error: attempt to compare
table.sort { 1, "x", {}, 0 / 0, true, print }

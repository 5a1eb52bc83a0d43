"""Speed, measured: `make bench SIZE=S|M|L`. Every figure stands beside a floor taken in the same run."""

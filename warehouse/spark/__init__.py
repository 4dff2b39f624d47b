"""The same models on Spark: what may be written (`portable`), how it is said there (`transpile`), where it runs
(`session`, `engine`), and how tables go there and come back (`exchange`)."""

"""Lists of consents out of CSV files: reading what people really upload, a trial run, and the import itself.

``reading`` turns bytes into records, ``cells`` says what a cell means, ``job`` works through a file in the background.
"""

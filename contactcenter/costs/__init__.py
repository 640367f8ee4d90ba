"""What messages cost: usage by day, budgets and what they stop.

``usage`` counts, ``spending`` answers whether there is money left, ``figures`` reads for pages, the export and the API.
"""

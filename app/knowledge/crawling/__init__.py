"""Whole websites as sources: walked politely, taken page by page, and kept current.

`site` says which addresses belong to a website, `robots` and `sitemaps` what it says of itself, `markup` what a page
says of itself, `manners` how it is asked. `walk` visits every address once and decides what becomes of it; it knows
no database: a `ledger` keeps what it finds, in rows or (for a preview) in memory. `crawl` runs a walk in slices,
`settling` puts what was read in the place of what was there, `websites` is what owners do.
"""

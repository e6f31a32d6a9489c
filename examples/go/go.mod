module weft-example

go 1.19

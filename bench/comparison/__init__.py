"""The parts of bench/compare: engines and their lines, inputs, figures, tables, the plot, the bars."""

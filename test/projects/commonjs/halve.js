exports.halve = (x) => x / 2

const { halve } = require('./halve.js')

exports.twice = (x) => (2 * halve(4 * x)) / 2

exports.fail = function fail(point) {
  throw new RangeError(`no ${point.x}`)
}

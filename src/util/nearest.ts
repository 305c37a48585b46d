/** Of `known` the one that was probably meant by `given`: at most a third of its letters differ. */
export function nearest(given: string, known: Iterable<string>): string | undefined {
  let best: string | undefined
  let least = Math.floor(given.length / 3) + 1
  for (const one of known) {
    const distance = editDistance(given.toLowerCase(), one.toLowerCase())
    if (distance >= least) continue
    best = one
    least = distance
  }
  return best
}

/** Letters to insert, take out or replace to make `b` of `a` (Wagner and Fischer). */
function editDistance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, j) => j)
  for (let i = 1; i <= a.length; i++) {
    const row = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = above[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      row.push(Math.min(replaced, above[j]! + 1, row[j - 1]! + 1))
    }
    above = row
  }
  return above[b.length]!
}

const PREFIX = 4

/** Of `known` the one that was probably meant by `given`: at most a third of its letters differ, or it begins alike. */
export function nearest(given: string, known: Iterable<string>): string | undefined {
  const wanted = plain(given)
  const all = [...known].map((name) => ({ name, distance: editDistance(wanted, plain(name)) }))
  const like = all.filter(({ name, distance }) => distance <= wanted.length / 3 || beginAlike(wanted, plain(name)))
  return like.sort((a, b) => a.distance - b.distance)[0]?.name
}

/** As Python and command lines spell it, too. */
const plain = (name: string) => name.toLowerCase().replace(/[_-]/g, '')

const beginAlike = (a: string, b: string) => a.length >= PREFIX && a.slice(0, PREFIX) === b.slice(0, PREFIX)

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

/** The value below which that share of the sorted values lies. */
export function quantileOf(sorted: Int16Array, share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

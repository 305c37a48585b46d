import type { Figures } from './measure.js'

/** What a suite knows so far; one line of its output each. */
export interface Outcome {
  versions: Record<string, string>
  figures: Figures
  /** What could not be measured, and why. */
  failed: string[]
}

/**
 * Runs the cases one after the other, those named in `only` if that is given, and says after each what is known by then:
 * what fails, or takes too long, takes nothing with it.
 */
export async function runCases(
  outcome: Outcome,
  cases: Readonly<Record<string, () => Promise<Figures>>>,
  only: readonly string[] | undefined,
): Promise<void> {
  for (const [name, run] of Object.entries(cases)) {
    if (only !== undefined && !only.includes(name)) continue
    try {
      Object.assign(outcome.figures, await run())
    } catch (error) {
      outcome.failed.push(`${name}: ${(error as Error).message}`)
    }
    console.log(JSON.stringify(outcome))
    console.error(`  ${name}`)
  }
}

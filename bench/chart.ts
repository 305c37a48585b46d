/** One run as a picture: how many times better Heddle is, figure by figure, on a logarithmic scale. */
import { parse, View } from 'vega'
import { compile, type TopLevelSpec } from 'vega-lite'
import { FIGURES } from './figures.js'
import { betterBy, type Medians } from './table.js'

interface Mark {
  readonly figure: string
  readonly peer: string
  readonly times: number
}

/** The text of an SVG file. */
export async function chartOf(medians: Medians): Promise<string> {
  const { spec } = compile(specOf(marksOf(medians)))
  return await new View(parse(spec), { renderer: 'none' }).toSVG()
}

function marksOf(medians: Medians): Mark[] {
  const marks: Mark[] = []
  for (const figure of FIGURES)
    for (const peer of Object.keys(medians)) {
      const times = betterBy(figure, medians, peer)
      if (times !== undefined && times > 0) marks.push({ figure: figure.title, peer, times })
    }
  return marks
}

function specOf(values: Mark[]): TopLevelSpec {
  const y = { field: 'figure', type: 'nominal', sort: FIGURES.map(({ title }) => title), title: null } as const
  return {
    width: 460,
    height: { step: 20 },
    background: 'white',
    layer: [
      {
        data: { values: [{ even: 1 }] },
        mark: { type: 'rule', strokeDash: [4, 4] },
        encoding: { x: { field: 'even', type: 'quantitative' } },
      },
      {
        data: { values },
        mark: { type: 'point', filled: true, size: 70 },
        encoding: {
          x: {
            field: 'times',
            type: 'quantitative',
            scale: { type: 'log' },
            title: 'times better than the other (1: the same)',
          },
          y: { ...y, axis: { labelLimit: 400, grid: true } },
          color: { field: 'peer', type: 'nominal', title: 'beside' },
          shape: { field: 'peer', type: 'nominal', title: 'beside' },
        },
      },
    ],
  }
}

/** Colours of a plot on a page of one brightness. */
export interface PlotTheme {
  readonly background: string
  readonly title: string
  readonly subtitle: string
  readonly axisText: string
  readonly axisLine: string
  readonly grid: string
  readonly entropy: string
  readonly band: string
  readonly reward: string
  readonly correct: string
}

/** The plot themes by name. The colours of two curves differ for colour-blind readers and in greyscale. */
export const plotThemes = {
  light: {
    background: 'white',
    title: '#000',
    subtitle: '#555',
    axisText: '#333',
    axisLine: '#999',
    grid: '#e8e8e8',
    entropy: '#1f4e8c',
    band: '#f8d9a8',
    reward: '#cf5a1a',
    correct: '#14507f',
  },
  dark: {
    background: '#161a20',
    title: '#e8ebef',
    subtitle: '#aab2bc',
    axisText: '#ccd2d9',
    axisLine: '#6b7480',
    grid: '#2a3038',
    entropy: '#86b8ff',
    band: '#6b5126',
    reward: '#ffb070',
    correct: '#3f8fe0',
  },
} satisfies Readonly<Record<string, PlotTheme>>

/** Name of a plot theme. */
export type PlotThemeName = keyof typeof plotThemes

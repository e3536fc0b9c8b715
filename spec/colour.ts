/** sRGB colour, from 0 to 1. */
export type Rgb = readonly [red: number, green: number, blue: number]
type Vector = readonly [number, number, number]
type Matrix = readonly [Vector, Vector, Vector]

/** Reads `#rgb`, `#rrggbb`, `white` and `black`. */
export const rgbOf = (text: string): Rgb => {
  const named = { white: '#fff', black: '#000' }[text] ?? text
  const digits = /^#([\da-f]{3}|[\da-f]{6})$/i.exec(named)?.[1]
  if (digits === undefined) throw new Error(`colour: found ${text}, expected #rgb or #rrggbb`)
  const size = digits.length / 3
  const part = (i: number) => parseInt(digits.slice(i * size, (i + 1) * size).repeat(3 - size), 16) / 255
  return [part(0), part(1), part(2)]
}

/** Mixes two colours in sRGB, as `color-mix(in srgb, …)` and an opacity do. `share` is that of the first. */
export const mix = (a: Rgb, b: Rgb, share: number): Rgb => {
  const part = (i: 0 | 1 | 2) => share * a[i] + (1 - share) * b[i]
  return [part(0), part(1), part(2)]
}

const linear = (value: number): number => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4)
const linearOf = ([red, green, blue]: Rgb): Vector => [linear(red), linear(green), linear(blue)]
const dot = (a: Vector, b: Vector): number => a[0] * b[0] + a[1] * b[1] + a[2] * b[2]
const times = (matrix: Matrix, vector: Vector): Vector => [
  dot(matrix[0], vector),
  dot(matrix[1], vector),
  dot(matrix[2], vector),
]

/** IEC 61966-2-1: linear sRGB to XYZ, D65. */
const toXyz: Matrix = [
  [0.4124564, 0.3575761, 0.1804375],
  [0.2126729, 0.7151522, 0.072175],
  [0.0193339, 0.119192, 0.9503041],
]
const whitePoint = times(toXyz, [1, 1, 1])

/** Kinds of colour vision. Greyscale keeps the lightness alone. */
export const visions = ['normal', 'protanopia', 'deuteranopia', 'tritanopia'] as const
export type Vision = (typeof visions)[number]

/** @source Machado, Oliveira and Fernandes, IEEE TVCG 15 (2009) 1291, severity 1.0, on linear sRGB */
const simulations: Readonly<Record<Vision, Matrix>> = {
  normal: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
}

const clip = (value: number): number => Math.min(Math.max(value, 0), 1)

/** Returns the CIELAB colour (D65) that a vision sees. */
export const labOf = (rgb: Rgb, vision: Vision = 'normal'): Vector => {
  const [red, green, blue] = times(simulations[vision], linearOf(rgb))
  const xyz = times(toXyz, [clip(red), clip(green), clip(blue)])
  const f = (i: 0 | 1 | 2) => {
    const share = xyz[i] / whitePoint[i]
    return share > (6 / 29) ** 3 ? Math.cbrt(share) : share / (3 * (6 / 29) ** 2) + 4 / 29
  }
  return [116 * f(1) - 16, 500 * (f(0) - f(1)), 200 * (f(1) - f(2))]
}

const radians = (degrees: number): number => (degrees * Math.PI) / 180
const hueOf = (a: number, b: number): number => ((Math.atan2(b, a) * 180) / Math.PI + 360) % 360

/**
 * Colour difference CIEDE2000 of two CIELAB colours.
 *
 * @source Sharma, Wu and Dalal, Color Research and Application 30 (2005) 21
 */
export const deltaE = ([L1, a1, b1]: Vector, [L2, a2, b2]: Vector): number => {
  const chroma7 = ((Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2) ** 7
  const stretch = 1 + 0.5 * (1 - Math.sqrt(chroma7 / (chroma7 + 25 ** 7)))
  const [C1, C2] = [Math.hypot(stretch * a1, b1), Math.hypot(stretch * a2, b2)]
  const [h1, h2] = [hueOf(stretch * a1, b1), hueOf(stretch * a2, b2)]
  const isGrey = C1 * C2 === 0
  const apart = isGrey ? 0 : h2 - h1
  const turn = apart > 180 ? apart - 360 : apart < -180 ? apart + 360 : apart
  const dH = 2 * Math.sqrt(C1 * C2) * Math.sin(radians(turn / 2))
  const hue = isGrey ? h1 + h2 : Math.abs(h1 - h2) <= 180 ? (h1 + h2) / 2 : (h1 + h2 + (h1 + h2 < 360 ? 360 : -360)) / 2
  const [L, C] = [(L1 + L2) / 2, (C1 + C2) / 2]
  const T =
    1 -
    0.17 * Math.cos(radians(hue - 30)) +
    0.24 * Math.cos(radians(2 * hue)) +
    0.32 * Math.cos(radians(3 * hue + 6)) -
    0.2 * Math.cos(radians(4 * hue - 63))
  const SL = 1 + (0.015 * (L - 50) ** 2) / Math.sqrt(20 + (L - 50) ** 2)
  const [SC, SH] = [1 + 0.045 * C, 1 + 0.015 * C * T]
  const RT = -2 * Math.sqrt(C ** 7 / (C ** 7 + 25 ** 7)) * Math.sin(radians(60 * Math.exp(-(((hue - 275) / 25) ** 2))))
  const [l, c, h] = [(L2 - L1) / SL, (C2 - C1) / SC, dH / SH]
  return Math.sqrt(l ** 2 + c ** 2 + h ** 2 + RT * c * h)
}

/** Smallest difference of two colours over all kinds of colour vision. */
export const leastDeltaE = (a: string, b: string): number =>
  Math.min(...visions.map((vision) => deltaE(labOf(rgbOf(a), vision), labOf(rgbOf(b), vision))))

/** Difference of two colours in greyscale: of their lightness L*, from 0 to 100. */
export const greyDifference = (a: string, b: string): number => Math.abs(labOf(rgbOf(a))[0] - labOf(rgbOf(b))[0])

/** WCAG 2.2, contrast ratio. */
export const contrast = (a: Rgb, b: Rgb): number => {
  const luminance = (rgb: Rgb) => dot([0.2126, 0.7152, 0.0722], linearOf(rgb))
  const [dark, light] = [luminance(a), luminance(b)].sort((x, y) => x - y)
  return (light! + 0.05) / (dark! + 0.05)
}

/** All pairs of a list. */
export const pairsOf = <A>(list: readonly A[]): readonly (readonly [A, A])[] =>
  list.flatMap((a, i) => list.slice(i + 1).map((b) => [a, b] as const))

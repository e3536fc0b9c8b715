/** Text of a duration: `8 s`, `1 min 07 s` or `2 h 05 min`. @units seconds */
export const duration = (seconds: number): string => {
  const whole = Math.round(seconds)
  const twoDigits = (n: number) => String(n).padStart(2, '0')
  if (whole < 60) return `${whole} s`
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${twoDigits(whole % 60)} s`
  return `${Math.floor(whole / 3600)} h ${twoDigits(Math.floor((whole % 3600) / 60))} min`
}

/** Text of a count with its noun: `1 file`, `2 files`. */
export const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

/** Text of a share as a whole percentage; an en dash where there is no number. */
export const percent = (share: number | null | undefined): string =>
  share === null || share === undefined ? '–' : `${(100 * share).toFixed(0)}%`

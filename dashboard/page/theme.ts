import { BehaviorSubject, fromEvent, map, merge, type Observable, skip } from 'rxjs'
import { createElement } from './element.js'

const themes = ['auto', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

/** A button that goes through the themes; the browser remembers the last. */
export interface ThemeToggle {
  readonly element: HTMLButtonElement
  /** Colours are others now. */
  readonly changes$: Observable<void>
}

export const createThemeToggle = (): ThemeToggle => {
  const theme$ = new BehaviorSubject(remembered())
  const button = createElement('button', { type: 'button', class: 'quiet theme' })
  const show = (theme: Theme) => {
    document.documentElement.dataset['theme'] = theme
    button.textContent = `${signs[theme]} ${theme}`
    button.setAttribute('aria-label', `Theme: ${theme}. Press for ${after(theme)}.`)
  }
  show(theme$.value)
  button.addEventListener('click', () => {
    const theme = after(theme$.value)
    show(theme)
    remember(theme)
    theme$.next(theme)
  })
  const system$ = fromEvent(matchMedia('(prefers-color-scheme: dark)'), 'change')
  return { element: button, changes$: merge(theme$.pipe(skip(1)), system$).pipe(map(() => undefined)) }
}

const signs: Readonly<Record<Theme, string>> = { auto: '◐', light: '○', dark: '●' }
const after = (theme: Theme): Theme => themes[(themes.indexOf(theme) + 1) % themes.length]!
const KEY = 'entrain-theme'

/** A browser may keep nothing for a page, and says so by an exception. */
const remembered = (): Theme => {
  try {
    return themes.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto'
  } catch {
    return 'auto'
  }
}

const remember = (theme: Theme): void => {
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // It holds until the page is closed.
  }
}

import { BehaviorSubject, fromEvent, map, merge, type Observable, skip } from 'rxjs'
import { createElement } from './element.js'

const themes = ['auto', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

/** Button that goes through the themes. The browser stores the last one. */
export interface ThemeToggle {
  readonly element: HTMLButtonElement
  /** Emits when the colours of the page have changed. */
  readonly changes$: Observable<void>
}

export const createThemeToggle = (): ThemeToggle => {
  const theme$ = new BehaviorSubject(readTheme())
  const button = createElement('button', { type: 'button', class: 'quiet theme' })
  const show = (theme: Theme) => {
    document.documentElement.dataset['theme'] = theme
    button.textContent = `${signs[theme]} ${theme}`
    button.setAttribute('aria-label', `Theme: ${theme}. Press for ${themeAfter(theme)}.`)
  }
  show(theme$.value)
  button.addEventListener('click', () => {
    const theme = themeAfter(theme$.value)
    show(theme)
    storeTheme(theme)
    theme$.next(theme)
  })
  const system$ = fromEvent(matchMedia('(prefers-color-scheme: dark)'), 'change')
  return { element: button, changes$: merge(theme$.pipe(skip(1)), system$).pipe(map(() => undefined)) }
}

const signs: Readonly<Record<Theme, string>> = { auto: '◐', light: '○', dark: '●' }
const themeAfter = (theme: Theme): Theme => themes[(themes.indexOf(theme) + 1) % themes.length]!
const KEY = 'entrain-theme'

/** A browser that stores nothing for a page throws. */
const readTheme = (): Theme => {
  try {
    return themes.find((theme) => theme === localStorage.getItem(KEY)) ?? 'auto'
  } catch {
    return 'auto'
  }
}

const storeTheme = (theme: Theme): void => {
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // The theme then lasts until the page is closed.
  }
}

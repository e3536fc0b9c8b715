/** Units by their names. Two answers with different known units are different. */
const rows: readonly (readonly [unit: string, names: string])[] = [
  ['mm', 'mm millimeter millimeters millimetre millimetres'],
  ['cm', 'cm centimeter centimeters centimetre centimetres'],
  ['dm', 'dm decimeter decimeters'],
  ['m', 'm meter meters metre metres'],
  ['km', 'km kilometer kilometers kilometre kilometres'],
  ['in', 'in inch inches'],
  ['ft', 'ft foot feet'],
  ['yd', 'yd yard yards'],
  ['mi', 'mi mile miles'],
  ['mg', 'mg milligram milligrams'],
  ['g', 'g gram grams'],
  ['kg', 'kg kilogram kilograms kilo kilos'],
  ['lb', 'lb lbs pound pounds'],
  ['oz', 'oz ounce ounces'],
  ['t', 'ton tons tonne tonnes'],
  ['ms', 'ms millisecond milliseconds'],
  ['s', 's sec secs second seconds'],
  ['min', 'min mins minute minutes'],
  ['h', 'h hr hrs hour hours'],
  ['d', 'day days'],
  ['week', 'week weeks'],
  ['month', 'month months'],
  ['year', 'year years yr yrs'],
  ['ml', 'ml mL milliliter milliliters'],
  ['l', 'l L liter liters litre litres'],
  ['gal', 'gal gallon gallons'],
  ['qt', 'qt quart quarts'],
  ['pt', 'pint pints'],
  ['cup', 'cup cups'],
  ['dollar', 'dollar dollars USD usd bucks'],
  ['cent', 'cent cents'],
  ['euro', 'euro euros EUR'],
  ['degree', 'degree degrees deg'],
  ['rad', 'rad radian radians'],
  ['mi/h', 'mph'],
  ['km/h', 'kph kmh'],
  ['V', 'V volt volts'],
  ['A', 'A ampere amperes amp amps'],
  ['W', 'W watt watts'],
  ['kW', 'kW kilowatt kilowatts'],
  ['J', 'J joule joules'],
  ['N', 'N newton newtons'],
  ['Pa', 'Pa pascal pascals'],
  ['Hz', 'Hz hertz'],
  ['mol', 'mol mole moles'],
]

const units: ReadonlyMap<string, string> = new Map(
  rows.flatMap(([unit, names]) => names.split(' ').map((name) => [name, unit] as const)),
)

/** Returns whether a word is the name of a unit. */
export const isUnit = (word: string): boolean => units.has(word) || units.has(word.toLowerCase())

const canonical = (word: string): string | undefined => units.get(word) ?? units.get(word.toLowerCase())

/**
 * Returns one name for a unit with its exponents, such as `cm^2` for "square centimeters"; null if a word of it is not
 * the name of a unit.
 */
export const canonicalUnit = (text: string): string | null => {
  const tokens = text.replace(/[{}"().]/g, ' ').match(/[a-zA-Z]+|\^ ?-?\d|\//g) ?? []
  let [unit, next] = ['', '']
  for (const token of tokens) {
    const name = canonical(token)
    if (/^(?:per|a|an|\/)$/.test(token)) unit += unit.endsWith('/') ? '' : '/'
    else if (/^(?:square|sq)$/i.test(token)) next = '^2'
    else if (/^cubic$/i.test(token)) next = '^3'
    else if (/^squared$/i.test(token)) unit += '^2'
    else if (/^cubed$/i.test(token)) unit += '^3'
    else if (token.startsWith('^')) unit += token.replace(' ', '')
    else if (name === undefined) return null
    else {
      unit += (unit === '' || unit.endsWith('/') ? '' : ' ') + name + next
      next = ''
    }
  }
  return unit === '' ? null : unit
}

/** Words that multiply the number before them. */
export const scales: ReadonlyMap<string, bigint> = new Map([
  ['hundred', 100n],
  ['thousand', 1000n],
  ['million', 10n ** 6n],
  ['millions', 10n ** 6n],
  ['billion', 10n ** 9n],
  ['billions', 10n ** 9n],
  ['trillion', 10n ** 12n],
  ['trillions', 10n ** 12n],
  ['lakh', 10n ** 5n],
  ['crore', 10n ** 7n],
  ['dozen', 12n],
  ['dozens', 12n],
])

/** Words that change the number beside them. A number with one of them is not that number. */
const changing = new Set(
  (
    'hundreds thousands quadrillion score gross half halves third thirds quarter quarters tenth tenths ' +
    'hundredth hundredths thousandth thousandths millionth millionths fifth fifths eighth eighths double twice triple thrice ' +
    'one two three four five six seven eight nine ten eleven twelve twenty thirty forty fifty sixty seventy eighty ninety ' +
    'not never no none neither nor cannot either or but than least most up upto at between to through until from ' +
    'over under above below beyond exceeds exceeding nearly almost plus minus times divided multiplied negative ' +
    'modulo mod remainder base choose factorial squared cubed if when unless except without excluding ' +
    'am pm noon midnight oclock wrong false incorrect instead rather greater fewer lower higher less more out percent'
  ).split(' '),
)

/** Words that compare only if "than" follows, or "or" goes before: "5 more apples" are 5, "5 or more" are not. */
const comparing = new Set('more less fewer greater lower higher'.split(' '))

/** Abbreviations of thousands, millions and billions, which may also be units. */
const multiples = new Set('k K M B bn mn mil'.split(' '))

/** Returns whether words after or before a number change its value, such as "or more", "at least" or "thousandths". */
export const changesNumber = (words: readonly string[]): boolean => {
  if (multiples.has(words[0] ?? '')) return true
  const lower = words.map((word) => word.toLowerCase().replace(/[.']/g, ''))
  const joins = lower.some((word) => word === 'or' || word === 'than')
  return lower.some(
    (word, i) =>
      (changing.has(word) && (joins || !comparing.has(word)) && !(i > 0 && isPower(word))) ||
      (/n['’]t$|nt$/.test(words[i]!) && negations.has(word)),
  )
}

/** Returns whether a word is an exponent of the unit before it, as in "5 cm squared". */
const isPower = (word: string): boolean => word === 'squared' || word === 'cubed'

const negations = new Set(
  'isnt arent wasnt werent doesnt dont didnt cant cannot couldnt wont wouldnt shouldnt hasnt havent'.split(' '),
)

import { type ColumnMetaData, type FileMetaData, parquetSchema, type RowGroup, type SchemaTree } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { assembleNested } from 'hyparquet/src/assemble.js'
import { DEFAULT_PARSERS } from 'hyparquet/src/convert.js'
import { getTreePath } from 'hyparquet/src/schema.js'
import { MAX_DEPTH } from '../../../codec/json-text.js'
import { withinTime } from '../../../file/within-time.js'
import { leafOf } from './leaf.js'
import { decodePages } from './pages.js'

/** File that is read in parts. */
export interface ParquetFile {
  /** @units bytes */
  readonly size: number
  readonly read: (start: number, length: number) => Promise<ArrayBuffer>
}

/** Least limit of the number of rows and values; a larger file may have one row per byte, and eight values. */
const FEW = 2 ** 20

/** Time after which the decoding of a column ends with an error, and the additional time per byte. @units milliseconds */
const [PATIENCE, PATIENCE_PER_BYTE] = [3000, 1e-3]

/** Returns the number of rows of a row group. @errors throws RangeError for more rows than the file can have */
export const rowCountOf = (group: RowGroup, { size }: ParquetFile): number => {
  const rows = Number(group.num_rows)
  if (!(rows >= 0 && rows <= Math.max(FEW, size)))
    throw new RangeError(`${rows} rows in a file of ${size} bytes, expected at most ${Math.max(FEW, size)}`)
  return rows
}

/**
 * Reads the rows of a row group. Each column is read, then decoded at once, so that an error leaves no other read behind.
 *
 * @errors rejects with an error that says what is wrong
 */
export const readRowGroup = async (
  file: ParquetFile,
  metadata: FileMetaData,
  group: RowGroup,
): Promise<readonly Readonly<Record<string, unknown>>[]> => {
  const tree = parquetSchema(metadata)
  const columns = new Map<string, unknown[]>()
  for (const { meta_data: column, file_path } of group.columns) {
    if (column === undefined || file_path) throw new Error('a column in another file')
    columns.set(column.path_in_schema.join('.'), [...(await readColumn(file, column, tree))])
  }
  const rows = rowCountOf(group, file)
  const fields = tree.children.flatMap((child) => {
    const values = assembled(child, columns)
    if (values === undefined) return []
    const name = child.element.name
    if (values.length !== rows) throw new RangeError(`${values.length} values of column ${name}, expected ${rows}`)
    return [[name, values] as const]
  })
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(fields.map(([name, values]) => [name, values[row]])),
  )
}

const readColumn = async (file: ParquetFile, column: ColumnMetaData, tree: SchemaTree): Promise<readonly unknown[]> => {
  const { path_in_schema: path, dictionary_page_offset, data_page_offset, total_compressed_size } = column
  const schemaPath = getTreePath(tree, path)
  if (schemaPath.length > MAX_DEPTH) throw new RangeError(`a column in ${schemaPath.length} levels`)
  const [start, length] = [Number(dictionary_page_offset || data_page_offset), Number(total_compressed_size)]
  if (!(start >= 0 && length >= 0 && start + length <= file.size))
    throw new RangeError(`column ${path.join('.')} at bytes ${start} to ${start + length} of ${file.size}`)
  const bytes = await file.read(start, length)
  const { decoder, convert } = leafOf(schemaPath.at(-1)!.element)
  const pages = {
    ...column,
    ...decoder,
    pathInSchema: path,
    schemaPath,
    compressors,
    parsers: { ...DEFAULT_PARSERS, ...decoder.parsers },
  }
  return withinTime(PATIENCE + PATIENCE_PER_BYTE * length, () =>
    decodePages(bytes, pages, Math.max(FEW, 8 * file.size)).map((value) => convertLeaves(value, convert)),
  )
}

/** Converts the values in lists of any depth. */
const convertLeaves = (value: unknown, convert: (leaf: unknown) => unknown): unknown =>
  Array.isArray(value) ? value.map((each) => convertLeaves(each, convert)) : convert(value)

/** Returns the values of a top-level column, whose fields may be columns of their own; undefined for one without data. */
const assembled = (child: SchemaTree, columns: Map<string, unknown[]>): readonly unknown[] | undefined => {
  const name = child.element.name
  if (child.children.length > 0 && [...columns.keys()].some((path) => path.startsWith(`${name}.`)))
    withinTime(PATIENCE, () => {
      assembleNested(columns, child, DEFAULT_PARSERS)
    })
  return columns.get(name)
}

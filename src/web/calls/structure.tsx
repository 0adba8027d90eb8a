import type { ComponentChild } from "preact";
import { EmptyState, Facts } from "../components/basics.tsx";
import { type Column, Table } from "../components/table.tsx";
import { labelOf } from "./label.ts";
import { isRecord, isScalar, type Rec, Scalar, Scalars, type ScalarValue } from "./scalar.tsx";

/** Rows that a page shows; programs get all. */
const MAX_ROWS = 1000;
/** More columns than these are no table for eyes. */
const MAX_COLUMNS = 8;

/** A result of records and lists: lists of records as tables, records as lists of facts, what is inside them folded. */
export function Structure({ name, value }: { readonly name: string; readonly value: unknown }) {
  if (Array.isArray(value)) return <List name={name} items={value} />;
  if (!isRecord(value)) return <Scalar name={name} value={value as ScalarValue} />;
  const entries = Object.entries(value);
  if (entries.length === 0) return <EmptyState title="Nothing was found." />;
  if (!entries.every(([, item]) => isRecord(item))) return <Fields record={value} />;
  return (
    <>
      {entries.map(([key, item]) => (
        <section key={key} class="named" aria-label={key}>
          <h3>
            <Scalar name="key" value={key} />
          </h3>
          <Fields record={item as Rec} />
        </section>
      ))}
    </>
  );
}

function List({ name, items }: { readonly name: string; readonly items: readonly unknown[] }) {
  if (items.length === 0) return <EmptyState title="Nothing." />;
  if (!items.every(isRecord)) return <Scalars name={name} values={items.filter(isScalar)} />;
  const keys = [...new Set(items.flatMap((item) => Object.keys(item)))];
  const rows = items.slice(0, MAX_ROWS);
  const more = items.length - rows.length;
  return (
    <>
      {keys.length > MAX_COLUMNS ? (
        rows.map((row, index) => <Fields key={index} record={row} />)
      ) : (
        <Table
          caption={name}
          columns={keys.map(columnOf)}
          rows={rows.map((row, index) => ({ row, index }))}
          rowKey={({ index }) => index}
        />
      )}
      {more > 0 ? <p class="sub">And {more} more, which plain text and JSON have.</p> : null}
    </>
  );
}

function columnOf(key: string): Column<{ readonly row: Rec; readonly index: number }> {
  return { head: labelOf({ name: key }), cell: ({ row }) => <Inner name={key} value={row[key]} /> };
}

/** Facts first, then what has an inside. */
function Fields({ record }: { readonly record: Rec }) {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined);
  const plain = entries.filter(([, value]) => isFlat(value));
  const nested = entries.filter(([, value]) => !isFlat(value));
  return (
    <>
      {plain.length === 0 ? null : (
        <Facts
          facts={plain.map(([key, value]): readonly [string, ComponentChild] => [
            labelOf({ name: key }),
            <Inner name={key} value={value} />,
          ])}
        />
      )}
      {nested.map(([key, value]) => (
        <Folded key={key} name={key} value={value} />
      ))}
    </>
  );
}

function isFlat(value: unknown): boolean {
  return isScalar(value) || (Array.isArray(value) && value.every(isScalar));
}

/** A value where there is little room. */
function Inner({ name, value }: { readonly name: string; readonly value: unknown }) {
  if (isScalar(value)) return <Scalar name={name} value={value} />;
  if (Array.isArray(value) && value.every(isScalar)) return <Scalars name={name} values={value} />;
  return <Folded name={name} value={value} />;
}

function Folded({ name, value }: { readonly name: string; readonly value: unknown }) {
  const count = Array.isArray(value) ? value.length : isRecord(value) ? Object.keys(value).length : 1;
  if (count === 0) return <span class="none">{labelOf({ name })}: none</span>;
  return (
    <details class="inside">
      <summary>
        {labelOf({ name })} ({count})
      </summary>
      <Structure name={labelOf({ name })} value={value} />
    </details>
  );
}

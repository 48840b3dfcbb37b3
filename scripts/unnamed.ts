import { parse, print } from '@swc/core';

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

/** Takes the methods out of a bundle's classes that nothing in it names: neither after a dot, nor as a key that is taken
 *  out of an object, nor in a text. They cannot be called, unless by the platform, whose names stay. */
export async function withoutUnnamedMethods(code: string): Promise<string> {
  const program = await parse(code, { syntax: 'ecmascript', target: 'es2022' });
  const named = platformNames();
  visit(program, (node, around) => {
    for (const name of namesIn(node, around)) named.add(name);
  });
  visit(program, (node) => {
    if (node.type !== 'ClassDeclaration' && node.type !== 'ClassExpression') return;
    const isNamed = (member: Node) => {
      const name = member.type === 'ClassMethod' ? identifierOf(member.key) : undefined;
      return name === undefined || named.has(name);
    };
    Object.assign(node, { body: (node.body as Node[]).filter(isNamed) });
  });
  return (await print(program)).code;
}

function namesIn(node: Node, around: Node | undefined): readonly string[] {
  if (node.type === 'StringLiteral') return String(node.value).match(/[\w$]+/g) ?? [];
  if (node.type === 'TemplateElement') return String(node.raw).match(/[\w$]+/g) ?? [];
  const name = identifierOf(node);
  if (name === undefined) return [];
  const isAfterDot = around?.type === 'MemberExpression' || around?.type === 'SuperPropExpression';
  const isTaken = around?.type === 'KeyValuePatternProperty' || around?.type === 'AssignmentPatternProperty';
  return isAfterDot || isTaken ? [name] : [];
}

function identifierOf(node: unknown): string | undefined {
  const { type, value } = (node ?? {}) as Partial<Node>;
  return type === 'Identifier' ? String(value) : undefined;
}

/** Names by which the language or the browser may call a method. */
function platformNames(): Set<string> {
  const values = Object.getOwnPropertyNames(globalThis).map(
    (name) => Reflect.get(globalThis, name) as unknown,
  );
  const prototypes = values.map((value) => (value as { prototype?: unknown } | undefined)?.prototype);
  const objects = [...values, ...prototypes].filter((value) => value !== null && /^[fo]/.test(typeof value));
  const names = objects.flatMap((value) => Object.getOwnPropertyNames(value));
  return new Set([...names, 'constructor', 'next', 'return', 'throw', 'then', 'toJSON', 'handleEvent']);
}

function visit(value: unknown, see: (node: Node, around: Node | undefined) => void, around?: Node): void {
  if (typeof value !== 'object' || value === null) return;
  if (Array.isArray(value)) {
    for (const item of value) visit(item, see, around);
    return;
  }
  const node = value as Node;
  const isNode = typeof node.type === 'string';
  if (isNode) see(node, around);
  for (const inner of Object.values(node)) visit(inner, see, isNode ? node : around);
}

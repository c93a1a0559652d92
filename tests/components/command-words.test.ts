/**
 * What a command says on a host is read by the login shell that root has there: Bash as a rule, and as well zsh, fish or
 * dash. So it is plain words, in single quotes where they need any, joined by && and ; alone. Whatever takes more than that
 * is a script in config-files/host/bin.
 */
import {
  backedUp,
  everything,
  existing,
  prod,
  rawConfiguration,
  standby,
  twoGateways,
} from "../fixtures/stack-configuration";
import { commands, opened, programRun, recordGraphs } from "./graph";

const graphs = recordGraphs({
  prod: programRun(rawConfiguration(prod)),
  standby: programRun(rawConfiguration(standby)),
  existing: programRun(rawConfiguration(existing)),
  everything: programRun(rawConfiguration(everything)),
  twoGateways: programRun(rawConfiguration(twoGateways)),
  backedUp: programRun(rawConfiguration(backedUp("ssh"))),
});

/**
 * Left out: what zsh looks for among files and fails without (`* ? [`), what it expands at the beginning of a word (`= ~`),
 * variables and substitutions, loops and conditions, which fish spells otherwise, redirections, backslashes, double quotes.
 */
const bare = "[A-Za-z0-9_/.:,@+-][A-Za-z0-9_/.:,@+=-]*";
const word = `(?:${bare}|'[^'\\\\\\n!]*')`;
const one = `${word}(?: +${word})*`;
const plain = new RegExp(`^${one}(?:(?: && |; )${one})*$`);
/** First words that each shell spells in its own way, and assignments. */
const ofShells = /^(?:if|for|while|until|case|function|export|set|source|\.|:|[^/]*=.*)$/;

const isPlain = (text: string): boolean =>
  plain.test(text) && !text.split(/ && |; /).some((part) => ofShells.test(part.split(" ")[0] ?? ""));

it("every command that is run on a host is plain words, for whatever shell root has", () => {
  const found = Object.values(graphs).flatMap((graph) =>
    commands(graph).flatMap(({ name, inputs }) =>
      ["create", "update", "delete"]
        .map((verb): [string, unknown] => [`${name} ${verb}`, opened(inputs[verb])])
        .filter((entry): entry is [string, string] => typeof entry[1] === "string"),
    ),
  );
  expect(found.length).toBeGreaterThan(200);
  expect(found.filter(([, text]) => !isPlain(text))).toEqual([]);
});

it.each([
  "for link in /etc/wants/openclaw@?*.service; do systemctl reenable $link; done",
  "rm -f /etc/x*",
  "rm -f /etc/{a,b}",
  "ls ~root",
  "echo $HOME",
  "echo `id`",
  "a || b",
  "a | b",
  "! a",
  "a >b",
  "a\nb",
  'a "b"',
  "a=b c",
  "=ls",
  "a 'b\\c'",
  "if true; then a; fi",
])("and this is not: %j", (text) => expect(isPlain(text)).toBe(false));

// Salesforce's Apex grammar as a judge of SOQL: a JSON list of statements on stdin, on stdout a JSON list with null
// for each that is SOQL to the grammar and its complaint for each that is not.

import { readFileSync } from "node:fs";

import { ApexErrorListener, ApexParserFactory } from "@apexdevtools/apex-parser";

class Complaints extends ApexErrorListener {
    all = [];

    apexSyntaxError(line, column, message) {
        this.all.push(`${line}:${column} ${message}`);
    }
}

function complaint(statement) {
    const complaints = new Complaints();
    const { parser } = ApexParserFactory.createLexerAndParser(statement, complaints);
    parser.query();
    // The rule for a query does not ask for the end of the text.
    const next = parser.getCurrentToken();
    if (next.type !== -1) complaints.all.push(`${next.line}:${next.column} '${next.text}' follows the query`);
    return complaints.all[0] ?? null;
}

console.log(JSON.stringify(JSON.parse(readFileSync(0, "utf8")).map(complaint)));

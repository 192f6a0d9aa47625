// Salesforce's own tooling resolves salesforce/ and converts it to the format that a deploy sends, offline.
//
//   npm install --prefix DIR @salesforce/source-deploy-retrieve@11
//   node tests/metadata/convert.mjs DIR [PROJECT]
//
// DIR holds node_modules; PROJECT is the SFDX project (default: salesforce/ beside tests/). Three things are held:
// every file belongs to a component that the tooling knows; every component comes out of the conversion; every
// element of every file is in the types that jsforce generates from Salesforce's Metadata WSDL (the tooling depends
// on it), none that the WSDL requires is missing, and booleans and numbers are such. Prints one JSON line with the
// number of components of each type; lists what is wrong and exits 1 when anything is.

import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const [installed, project = join(dirname(fileURLToPath(import.meta.url)), "..", "..", "salesforce")] = process.argv.slice(2);
if (!installed || !existsSync(join(installed, "node_modules"))) {
    console.error("usage: node tests/metadata/convert.mjs DIR_WITH_NODE_MODULES [PROJECT]");
    process.exit(2);
}
const fromHere = createRequire(join(resolve(installed), "package.json"));
const { ComponentSet, MetadataConverter } = fromHere("@salesforce/source-deploy-retrieve");
const fromTooling = createRequire(fromHere.resolve("@salesforce/source-deploy-retrieve"));
const { ApiSchemas } = fromTooling("@jsforce/jsforce-node/lib/api/metadata/schema.js");
const { XMLParser, XMLValidator } = fromTooling("fast-xml-parser");

// The WSDL of jsforce's types is older than these elements, and it leaves out what only files carry.
const NEWER = {
    CustomPermission: { isLicensed: "?boolean" },
    PermissionSet: { customSettingAccesses: ["PermissionSetCustomSettingAccesses"] },
    PermissionSetCustomSettingAccesses: { enabled: "boolean", name: "string" },
    SharingCriteriaRule: { includeRecordsOwnedByAll: "?boolean" },
};
const problems = [];

function filesUnder(folder) {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
        const path = join(folder, entry.name);
        return entry.isDirectory() ? filesUnder(path) : [path];
    });
}

function shapeOf(type) {
    const schema = ApiSchemas[type];
    if (!schema && !NEWER[type]) return undefined;
    return { ...(schema?.extends ? shapeOf(schema.extends) : {}), ...schema?.props, ...NEWER[type] };
}

function checkScalar(where, type, value) {
    if (typeof value !== "string") problems.push(`${where}: holds elements, the WSDL says ${type}`);
    else if (type === "boolean" && !["true", "false"].includes(value)) problems.push(`${where}: '${value}' is no boolean`);
    else if (type === "number" && (value === "" || Number.isNaN(Number(value)))) problems.push(`${where}: '${value}' is no number`);
}

function checkShape(where, type, value) {
    const shape = shapeOf(type);
    if (!shape) return checkScalar(where, type, value);
    if (typeof value !== "object") return problems.push(`${where}: is text, the WSDL says ${type}`);
    for (const [name, found] of Object.entries(value)) {
        const declared = shape[name];
        if (!declared) problems.push(`${where}: <${name}> is no element of ${type}`);
        else if (Array.isArray(declared)) for (const one of [found].flat()) checkShape(`${where}/${name}`, declared[0], one);
        else if (Array.isArray(found)) problems.push(`${where}: <${name}> stands more than once`);
        else checkShape(`${where}/${name}`, declared.replace("?", ""), found);
    }
    for (const [name, declared] of Object.entries(shape))
        if (typeof declared === "string" && !declared.startsWith("?") && !(name in value))
            problems.push(`${where}: <${name}> is missing, ${type} requires it`);
}

const { packageDirectories } = JSON.parse(readFileSync(join(project, "sfdx-project.json"), "utf8"));
const parser = new XMLParser({ ignoreAttributes: true, ignoreDeclaration: true, parseTagValue: false });
const counts = {};
const output = mkdtempSync(join(tmpdir(), "sfsync-metadata-"));
try {
    for (const { path: directory } of packageDirectories) {
        const source = join(project, directory);
        let set;
        try {
            set = ComponentSet.fromSource(source);
        } catch (refused) {
            if (refused.name !== "TypeInferenceError") throw refused;
            problems.push(refused.message);
            continue;
        }
        const components = set.getSourceComponents().toArray();
        const owned = new Set(components.flatMap((component) =>
            [component, ...component.getChildren()].flatMap((one) => [one.xml, one.content]).filter(Boolean)));
        for (const file of filesUnder(source)) {
            const where = relative(project, file);
            const text = readFileSync(file, "utf8");
            const valid = XMLValidator.validate(text);
            if (valid !== true) {
                problems.push(`${where}: ${valid.err.msg}`);
                continue;
            }
            if (!owned.has(file)) problems.push(`${where}: belongs to no component that the tooling knows`);
            const [[root, value]] = Object.entries(parser.parse(text));
            checkShape(where, root, value);
        }
        for (const component of components)
            for (const one of [component, ...component.getChildren()])
                counts[one.type.name] = (counts[one.type.name] ?? 0) + 1;

        const converted = await new MetadataConverter().convert(set, "metadata", {
            type: "directory", outputDirectory: output, packageName: directory,
        });
        const manifest = readFileSync(join(output, directory, "package.xml"), "utf8");
        for (const component of components) {
            const children = component.type.name === "CustomObject" && !component.xml ? component.getChildren() : [component];
            for (const one of children)
                if (!manifest.includes(`<members>${one.fullName}</members>`))
                    problems.push(`${one.type.name} ${one.fullName}: is not in the manifest of the conversion`);
        }
        if (!converted.converted?.length) problems.push(`${directory}: nothing was converted`);
    }
} finally {
    rmSync(output, { recursive: true, force: true });
}
for (const problem of problems) console.error(problem);
console.log(JSON.stringify({ components: counts, problems: problems.length }));
process.exit(problems.length ? 1 : 0);

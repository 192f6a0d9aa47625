// jsforce does what it can do on the surface that the org serves, and prints what came of it as one line of JSON:
// {step: {value} or {refused: errorCode}}. Run by test_jsforce.py, which says what each step must give.
//
//   SALESFORCE='{"proxy": …, "username": …, "password": …, "clientId": …, "clientSecret": …}' node jsforce_report.mjs

import jsforce from "jsforce";

const { proxy, username, password, clientId, clientSecret } = JSON.parse(process.env.SALESFORCE);
const oauth2 = { clientId, clientSecret, redirectUri: "https://example.invalid/callback" };
const report = {};

async function step(name, work) {
    try {
        report[name] = { value: await work() };
    } catch (error) {
        // What the token endpoint refuses is told by the error's name.
        const code = error.errorCode ?? (error.name === "invalid_grant" ? error.name : undefined);
        if (!code) throw error;
        report[name] = { refused: code };
    }
}

const connection = new jsforce.Connection({ httpProxy: proxy, oauth2 });
const leads = connection.sobject("Lead");
const lead = (number) => ({ LastName: `No ${String(number).padStart(4, "0")}`, Company: "Volt" });
const counted = (outcomes) => [outcomes.filter((one) => one.success).length, outcomes.length];

await step("a wrong password", () => connection.login(username, "a guess"));
await step("login", async () => {
    const user = await connection.login(username, password);
    return { instanceUrl: connection.instanceUrl, ids: [user.id.length, user.organizationId.length] };
});
await step("identity", async () => (await connection.identity()).username);
await step("versions", async () => (await connection.request("/services/data")).at(-1).version);
await step("limits", async () => Object.keys((await connection.limits()).DailyApiRequests).sort());
await step("describeGlobal", async () => (await connection.describeGlobal()).sobjects.map((one) => one.name));
await step("describe", async () => (await leads.describe()).fields.find((one) => one.name === "OwnerId").referenceTo);

let id;
await step("create", async () => {
    const made = await leads.create({ ...lead(1), SLA_Source_Id__c: "first" });
    id = made.id;
    return [made.success, made.errors, id.length];
});
await step("retrieve", async () => (await leads.retrieve(id)).LastName);
await step("update", async () => (await leads.update({ Id: id, Company: "Ampere" })).success);
await step("upsert of a known key", () =>
    leads.upsert({ SLA_Source_Id__c: "first", Title: "Chief" }, "SLA_Source_Id__c").then((one) => [one.success, one.created ?? null]));
await step("upsert of a new key", () =>
    leads.upsert({ SLA_Source_Id__c: "second", ...lead(2) }, "SLA_Source_Id__c").then((one) => [one.success, one.created]));
await step("find", () =>
    leads.find({ Company: "Ampere", Title: { $like: "Ch%" } }, "LastName, Title").sort({ LastName: -1 }).limit(5).execute()
        .then((rows) => rows.map((row) => row.Title)));
await step("findOne", async () => (await leads.findOne({ SLA_Source_Id__c: "second" })).LastName);
await step("count", () => leads.count({ Company: { $in: ["Volt", "Ampere"] } }));
await step("a field that is not there", () => connection.query("SELECT Nothing__c FROM Lead"));
await step("a lead without its name", () => leads.create({ Company: "Volt" }));
await step("a lead that is not there", () => leads.retrieve("00Q000000000000EAA"));

const numbers = Array.from({ length: 450 }, (_, number) => number + 100);
let made;
await step("create a collection", async () => {
    made = await leads.create(numbers.map(lead), { allowRecursive: true });
    return [...counted(made), "created" in made[0]];
});
await step("create a collection with a bad row", async () => {
    const outcomes = await leads.create([lead(9001), { Company: "Volt" }]);
    return [counted(outcomes), outcomes[1].errors[0].statusCode];
});
await step("create all or none", async () => {
    const outcomes = await leads.create([lead(9002), { Company: "Volt" }], { allOrNone: true });
    return outcomes.map((one) => one.errors[0].statusCode);
});
await step("more rows than a collection takes", () =>
    connection.requestPost(`/services/data/v${connection.version}/composite/sobjects`, {
        records: numbers.map((number) => ({ attributes: { type: "Lead" }, ...lead(number) })),
    }));
await step("update a collection", async () =>
    counted(await leads.update(made.slice(0, 150).map((one) => ({ Id: one.id, Title: "many" })))));
await step("upsert a collection", async () => {
    const rows = [{ SLA_Source_Id__c: "first", ...lead(1) }, { SLA_Source_Id__c: "third", ...lead(3) }];
    return (await leads.upsert(rows, "SLA_Source_Id__c")).map((one) => one.created);
});
await step("retrieve a collection", async () =>
    (await leads.retrieve([made[0].id, "00Q000000000000EAA"], { fields: ["LastName"] })).map((row) => row && row.LastName));

await step("bulk2 insert", async () => {
    const rows = Array.from({ length: 4000 }, (_, number) => ({ ...lead(number), Title: 'bulk, and "quoted"\nlines' }));
    const job = connection.bulk2.createJob({ object: "Lead", operation: "insert" });
    await job.open();
    await job.uploadData([...rows, { LastName: "", Company: "Volt", Title: "nameless" }]);
    await job.close();
    await job.poll(50, 30000);
    const results = await job.getAllResults();
    return [results.successfulResults.length, results.failedResults.map((one) => one.sf__Error.split(":")[0]), results.unprocessedRecords.length];
});
await step("bulk2 loadAndWaitForResults", async () => {
    const input = [{ SLA_Source_Id__c: "first", ...lead(7) }, { SLA_Source_Id__c: "fourth", ...lead(4) }];
    const results = await connection.bulk2.loadAndWaitForResults({
        object: "Lead", operation: "upsert", externalIdFieldName: "SLA_Source_Id__c", input, pollInterval: 50,
    });
    return results.successfulResults.map((one) => one.sf__Created);
});
await step("bulk2 query", async () => {
    const stream = await connection.bulk2.query("SELECT LastName, Title, Owner.Name FROM Lead WHERE Title LIKE 'bulk%'", { pollInterval: 50 });
    const rows = await stream.toArray();
    return [rows.length, rows[0].Title, "Owner.Name" in rows[0]];
});

await step("query, first page", async () => {
    const page = await connection.query("SELECT Id FROM Lead");
    const next = await connection.queryMore(page.nextRecordsUrl);
    return [page.done, page.records.length, next.records.length, page.totalSize];
});
await step("query with autoFetch", async () =>
    (await connection.query("SELECT Id FROM Lead ORDER BY LastName", { autoFetch: true, maxFetch: 10000 })).records.length);
await step("query by events", () => new Promise((resolve, reject) => {
    const seen = new Set();
    connection.query("SELECT Id, (SELECT Id FROM Tasks) FROM Lead").on("record", (row) => seen.add(row.Id))
        .on("end", () => resolve(seen.size)).on("error", reject).run({ autoFetch: true, maxFetch: 10000 });
}));

const base = `/services/data/v${connection.version}`;
await step("composite", async () => {
    const reply = await connection.requestPost(`${base}/composite`, {
        allOrNone: true,
        compositeRequest: [
            { method: "POST", url: `${base}/sobjects/Lead`, referenceId: "made", body: lead(5) },
            { method: "POST", url: `${base}/sobjects/Task`, referenceId: "task", body: { WhoId: "@{made.id}", Subject: "Call" } },
            { method: "GET", url: `${base}/sobjects/Task/@{task.id}?fields=Subject`, referenceId: "read" },
        ],
    });
    return [reply.compositeResponse.map((one) => one.httpStatusCode), reply.compositeResponse[2].body.Subject];
});
await step("composite graph", async () => {
    const compositeRequest = [{ method: "POST", url: `${base}/sobjects/Lead`, referenceId: "made", body: lead(6) }];
    const reply = await connection.requestPost(`${base}/composite/graph`, { graphs: [{ graphId: "one", compositeRequest }] });
    return reply.graphs.map((one) => one.isSuccessful);
});

const post = (text) => ({
    feedElementType: "FeedItem", subjectId: id, body: { messageSegments: [{ type: "Text", text }] },
});
await step("chatter post", async () => (await connection.chatter.resource("/feed-elements").create(post("one"))).feedElementType);
await step("chatter feed", async () => {
    await connection.chatter.resource("/feed-elements/batch").create({ inputs: [{ richInput: post("two") }, { richInput: post("three") }] });
    const feed = await connection.chatter.resource(`/feeds/record/${id}/feed-elements`).retrieve();
    return feed.elements.map((one) => one.body.text).sort();
});

await step("destroy", async () => (await leads.destroy(id)).success);
await step("destroy a collection", async () => counted(await leads.destroy(made.slice(0, 3).map((one) => one.id))));
await step("queryAll", async () =>
    (await connection.query("SELECT Id FROM Lead WHERE IsDeleted = true", { scanAll: true })).totalSize);
const hour = 3600 * 1000;
const now = Date.parse("2024-11-04T09:00:00Z");
await step("deleted", async () => (await leads.deleted(new Date(now - hour), new Date(now + hour))).deletedRecords.length);
await step("updated", async () => (await leads.updated(new Date(now - hour), new Date(now + hour))).ids.length > 4000);
await step("a token that is none", async () => {
    const other = new jsforce.Connection({ httpProxy: proxy, instanceUrl: connection.instanceUrl, accessToken: "00D!nothing" });
    return other.query("SELECT Id FROM Lead");
});
console.log(JSON.stringify(report));

/// The manifest that the broken ones are made of, by one change each.
let soundManifest = """
  {
    "schema_version": "v1",
    "name_for_model": "todo_list",
    "name_for_human": "To-do list",
    "description_for_model": "Adds, reads and removes entries.",
    "description_for_human": "Keeps your to-do list.",
    "auth": {
      "type": "service_http",
      "authorization_type": "bearer",
      "verification_tokens": {
        "openai": "b5fd91a1e05a4f12a9f4a5b1b1c39b8d",
        "other_service": "9f86d081884c7d659a2feaa0c55ad015"
      }
    },
    "api": {
      "type": "openapi",
      "url": "https://api.example.com/openapi.json"
    },
    "logo_url": "https://example.com/logo.png",
    "contact_email": "support@example.com",
    "legal_info_url": "https://example.com/legal"
  }

  """

private let urlForm = "is no URL; write https://HOST/PATH"

/// What stands in place of what in the sound one, and all that is found then.
let brokenManifests: [(old: String, new: String, findings: [String])] = [
  // A field that is missing.
  ("\"schema_version\": \"v1\",", "", ["1:1: error: \"schema_version\" is missing: \"v1\""]),
  (
    "\"name_for_model\": \"todo_list\",", "",
    ["1:1: error: \"name_for_model\" is missing: what models call it, as in todo_list"]
  ),
  (
    "\"name_for_human\": \"To-do list\",", "",
    ["1:1: error: \"name_for_human\" is missing: what people call it"]
  ),
  (
    "\"description_for_model\": \"Adds, reads and removes entries.\",", "",
    ["1:1: error: \"description_for_model\" is missing: what models are told of it"]
  ),
  (
    "\"description_for_human\": \"Keeps your to-do list.\",", "",
    ["1:1: error: \"description_for_human\" is missing: what people are told of it"]
  ),
  (
    "\"logo_url\": \"https://example.com/logo.png\",", "",
    ["1:1: error: \"logo_url\" is missing: where its picture is"]
  ),
  (
    "\"contact_email\": \"support@example.com\",", "",
    ["1:1: error: \"contact_email\" is missing: whom people write to"]
  ),
  (
    ",\n  \"legal_info_url\": \"https://example.com/legal\"", "",
    ["1:1: error: \"legal_info_url\" is missing: where people read the terms"]
  ),
  ("\"type\": \"service_http\",", "", ["7:11: error: \"type\" is missing: \"service_http\""]),
  ("\"authorization_type\": \"bearer\",", "", ["7:11: error: \"authorization_type\" is missing: \"bearer\""]),
  ("\"type\": \"openapi\",", "", ["15:10: error: \"type\" is missing: \"openapi\""]),
  (
    ",\n    \"url\": \"https://api.example.com/openapi.json\"", "",
    ["15:10: error: \"url\" is missing: where the OpenAPI file is"]
  ),
  // A name with a slip in it.
  ("\"auth\"", "\"auht\"", ["7:3: error: \"auht\" is unknown; did you mean \"auth\"?"]),
  ("\"api\"", "\"apis\"", ["15:3: error: \"apis\" is unknown; did you mean \"api\"?"]),
  (
    "\"verification_tokens\"", "\"verification_token\"",
    ["10:5: error: \"verification_token\" is unknown; did you mean \"verification_tokens\"?"]
  ),
  (
    "\"logo_url\":", "\"logo_uri\": \"x\",\n  \"logo_url\":",
    ["19:3: warning: \"logo_uri\" is unknown, and \"logo_url\" is here as well"]
  ),
  // A value of the wrong kind.
  ("\"v1\"", "1", ["2:21: error: \"schema_version\" is a string, and this is a number"]),
  ("\"v1\"", "\"v2\"", ["2:21: error: \"schema_version\" is \"v1\" and nothing else"]),
  ("\"todo_list\"", "null", ["3:21: error: \"name_for_model\" is a string, and this is null"]),
  (
    "\"To-do list\"", "[\"To-do list\"]",
    ["4:21: error: \"name_for_human\" is a string, and this is an array"]
  ),
  ("\"To-do list\"", "\"  \"", ["4:21: error: \"name_for_human\" is empty; write what people call it"]),
  (
    "\"url\": \"https://api.example.com/openapi.json\"",
    "\"url\": \"https://api.example.com/openapi.json\", \"is_user_authenticated\": \"no\"",
    ["17:77: error: \"is_user_authenticated\" is true or false, and this is a string"]
  ),
  // Names and lengths.
  (
    "\"todo_list\"", "\"todo list\"",
    ["3:21: error: \"name_for_model\" is letters, digits and _, and no more"]
  ),
  ("\"todo_list\"", "\"todö\"", ["3:21: error: \"name_for_model\" is letters, digits and _, and no more"]),
  (
    "todo_list", String(repeating: "a", count: 51),
    ["3:21: warning: \"name_for_model\" has 51 characters where 50 are allowed"]
  ),
  (
    "To-do list", "To-do list of all of us",
    ["4:21: warning: \"name_for_human\" has 23 characters where 20 are allowed"]
  ),
  (
    "Adds, reads", String(repeating: "é", count: 8000),
    ["5:28: warning: \"description_for_model\" has 8021 characters where 8000 are allowed"]
  ),
  (
    "Keeps your", String(repeating: "ä", count: 90),
    ["6:28: warning: \"description_for_human\" has 102 characters where 100 are allowed"]
  ),
  // Who comes in.
  (
    "\"service_http\"", "\"service_htp\"",
    [
      "8:13: error: \"type\" of \"auth\" is one of none, user_http, service_http, oauth; did you mean \"service_http\"?"
    ]
  ),
  (
    "\"service_http\"", "\"jwt\"",
    ["8:13: error: \"type\" of \"auth\" is one of none, user_http, service_http, oauth"]
  ),
  ("\"bearer\"", "\"Bearer\"", ["9:27: error: \"authorization_type\" is \"bearer\" or \"basic\""]),
  (
    "\"service_http\"", "\"oauth\"",
    [
      "7:11: error: \"client_url\" is missing: where people log in",
      "7:11: error: \"authorization_url\" is missing: where codes become tokens",
    ]
  ),
  (
    "\"authorization_type\": \"bearer\"", "\"authorization_type\": \"bearer\", \"Token\": \"9f1b\"",
    [
      "9:37: error: \"Token\": a secret in here is known to everybody; paste the token into the application, and take "
        + "back the one that stood here"
    ]
  ),
  // What applications issued.
  (
    "\"b5fd91a1e05a4f12a9f4a5b1b1c39b8d\"", "\"your-verification-token\"",
    [
      "11:17: warning: openai is not registered yet: this is a placeholder; when it has issued its verification "
        + "token: bearerd manifest verify openai VALUE"
    ]
  ),
  (
    "\"9f86d081884c7d659a2feaa0c55ad015\"", "\"\"",
    [
      "12:24: warning: other_service is not registered yet: this is a placeholder; when it has issued its "
        + "verification token: bearerd manifest verify other_service VALUE"
    ]
  ),
  (
    "9f86d081884c7d659a2feaa0c55ad015", "9f86d081 884c7d65",
    ["12:24: error: a verification token has no spaces; paste it as it was issued"]
  ),
  (
    "\"9f86d081884c7d659a2feaa0c55ad015\"", "12",
    ["12:24: error: a verification token is a string, and this is a number"]
  ),
  (
    "9f86d081884c7d659a2feaa0c55ad015", "b5fd91a1e05a4f12a9f4a5b1b1c39b8d",
    ["12:24: warning: openai has the same verification token; each issues its own"]
  ),
  (
    "\"other_service\"", "\"Other Service\"",
    [
      "12:7: warning: unusual for an application's name, which is 1 to 63 of a-z, 0-9, dot, hyphen and underscore, "
        + "beginning with a letter or digit"
    ]
  ),
  // Where things are.
  ("\"openapi\"", "\"swagger\"", ["16:13: error: \"type\" of \"api\" is \"openapi\" and nothing else"]),
  ("\"https://api.example.com/openapi.json\"", "\"/openapi.json\"", ["17:12: error: \"url\" \(urlForm)"]),
  (
    "https://api.example.com/", "https://admin:pw@api.example.com/",
    ["17:12: error: \"url\" holds a user's name or password; take it out, for all can read it"]
  ),
  (
    "https://api.example.com/", "http://api.example.com/",
    ["17:12: warning: \"url\" is not encrypted; write https://"]
  ),
  (
    "https://api.example.com/", "https://api.example.com:99999/",
    ["17:12: error: \"url\" has no port from 1 to 65535 behind its host"]
  ),
  (
    "https://example.com/logo.png", "https:///logo.png",
    ["19:15: error: \"logo_url\" has no host; write https://HOST/PATH"]
  ),
  (
    "https://example.com/logo.png", "https://example.com/my logo.png",
    ["19:15: error: \"logo_url\" holds a character that a URL has only in its %-form"]
  ),
  (
    "https://example.com/legal", "legal@example.com",
    ["21:21: error: \"legal_info_url\" is a mail address; write https://HOST/PATH"]
  ),
  (
    "https://example.com/legal", "https://example.org/legal",
    [
      "21:21: error: \"legal_info_url\" is on example.org, but the API is on api.example.com; write a URL of "
        + "example.com or of a name below it"
    ]
  ),
  (
    "support@example.com", "Support <support@example.com>",
    ["20:20: error: \"contact_email\" is no mail address; write NAME@HOST alone"]
  ),
  (
    "support@example.com", "https://example.com/contact",
    ["20:20: error: \"contact_email\" is no mail address; write NAME@HOST alone"]
  ),
  // The text itself.
  (
    "\"contact_email\":", "\"name_for_human\": \"x\",\n  \"contact_email\":",
    [
      "20:3: error: this name stands in the object already; which of the two counts differs from reader to reader"
    ]
  ),
  (
    "\"https://example.com/legal\"\n", "\"https://example.com/legal\",\n",
    ["22:1: error: a comma too many; take out the one before this"]
  ),
  ("\"v1\",", "\"v1\", // the only one", ["2:27: error: JSON has no comments; take this out"]),
  ("\"v1\",", "\"v1\"", ["3:3: error: a comma is missing before this"]),
  (
    "todo_list\"", "todo_list",
    ["3:32: error: a string ends on the line where it begins; write \\n for a line end"]
  ),
  (soundManifest, "", ["1:1: error: the file is empty"]),
  (
    soundManifest, "<!doctype html>",
    ["1:1: error: no JSON value; a text stands in double quotes, and there are numbers, true, false and null"]
  ),
  (soundManifest, "[]", ["1:1: error: a manifest is an object, and this is an array"]),
  // Two at once, in the order of the file.
  (
    "\"b5fd91a1e05a4f12a9f4a5b1b1c39b8d\"", "5, \"x\": true",
    [
      "11:17: error: a verification token is a string, and this is a number",
      "11:25: error: a verification token is a string, and this is a boolean",
    ]
  ),
]

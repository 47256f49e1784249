import BearerAuth

/// Rows in columns that are as wide as they must be.
struct Table {
  private var rows: [[String]]

  init(header: [String]) {
    rows = [header]
  }

  /// Adds a row; of names that come from elsewhere, what a terminal would obey is escaped.
  mutating func append(_ row: [String]) {
    rows.append(row.map(\.printable))
  }

  var description: String {
    let widths = rows[0].indices.map { column in rows.map { $0[column].count }.max() ?? 0 }
    return rows.map { row in
      let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
      return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed())
    }.joined(separator: "\n")
  }
}

# readxl.R FILE: readxl, then CSV on standard output.
file <- commandArgs(TRUE)[1]
rows <- readxl::read_xlsx(file, progress = FALSE, guess_max = 1000)
times <- vapply(rows, inherits, TRUE, "POSIXct")
rows[times] <- lapply(rows[times], as.Date)
write.csv(rows, stdout(), row.names = FALSE, na = "", quote = which(vapply(rows, is.character, TRUE)), fileEncoding = "UTF-8")

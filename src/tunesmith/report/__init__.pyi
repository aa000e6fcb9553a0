from .charts.plots import plot_map as plot_map
from .pages.card import model_card as model_card
from .pages.page import write_report as write_report
